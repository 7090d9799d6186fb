// Calls of a child process over IPC, told apart by number.

export interface Answer { id: number, value?: unknown, error?: string }

export class IpcCalls {
  readonly #name: string
  readonly #send: (message: object, onSent: (err: Error | null) => void) => unknown
  readonly #open = new Map<number, { resolve: (value: never) => void, reject: (err: Error) => void }>()
  #lastId = 0

  constructor (name: string, send: (message: object, onSent: (err: Error | null) => void) => unknown) {
    this.#name = name
    this.#send = send
  }

  call (call: string, args: readonly unknown[]): Promise<never> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      this.#send({ id, call, args }, err => { if (err !== null) reject(err) })
    })
  }

  onAnswer ({ id, value, error }: Answer): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    if (error === undefined) open?.resolve(value as never)
    else open?.reject(new Error(`${this.#name}: ${error}`))
  }

  /** The process has ended. */
  end (reason: Error): void {
    for (const { reject } of this.#open.values()) reject(reason)
    this.#open.clear()
  }
}

/** In the child: does what it is asked to. */
export function answerCalls (calls: object): void {
  process.on('message', message => { void answer(calls as Record<string, (...args: unknown[]) => unknown>, message as Parameters<typeof answer>[1]) })
}

async function answer (calls: Record<string, (...args: unknown[]) => unknown>, { id, call, args }: { id: number, call: string, args: unknown[] }): Promise<void> {
  try {
    process.send?.({ id, value: await calls[call]?.(...args) })
  } catch (err) {
    process.send?.({ id, error: err instanceof Error ? `${err.name}: ${err.message}` : String(err) })
  }
}
