// Failures as values, for tests that look at several of their properties.

/** What a promise rejects with. @throws when it does not */
export async function rejection (promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  let value: unknown
  try {
    value = await promise
  } catch (err) {
    return err as Error & Record<string, unknown>
  }
  throw new Error(`expected a rejection, got ${String(value)}`)
}

/** What a function throws, undefined when it returns. */
export function thrownBy (work: () => unknown): unknown {
  try {
    work()
    return undefined
  } catch (err) {
    return err
  }
}

/** Everything odd that a program can throw. */
export const ODD_THROWS: ReadonlyArray<[string, () => unknown]> = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a string', () => 'a string'],
  ['a number', () => 42],
  ['a symbol', () => Symbol('odd')],
  ['an object without a prototype', () => Object.create(null) as unknown],
  ['an object that cannot become a string', () => ({ toString () { throw new Error('no string') } })],
  ['an error whose message is a number', () => Object.assign(new Error(), { message: 5 })],
  ['an error whose message is a symbol', () => Object.assign(new Error(), { message: Symbol('odd') })],
  ['an error whose message is an object', () => Object.assign(new Error(), { message: { code: 1 } })],
  ['an error whose message is undefined', () => Object.assign(new Error(), { message: undefined })],
  ['an error whose message throws', () => Object.defineProperty(new Error('x'), 'message', { get () { throw new Error('no message') } })],
  ['a frozen error', () => Object.freeze(new Error('frozen'))],
  ['an error of a megabyte', () => new Error('m'.repeat(1024 * 1024))]
]
