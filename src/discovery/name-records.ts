// The addresses behind a name: its A and AAAA records, or those of the targets of its SRV records.

import { isIP } from 'node:net'
import { Concurrency } from '../concurrency.js'
import { MAX_LISTED_ADDRESSES, MAX_LIST_DIALS, MAX_PORT } from '../constants.js'
import { messageOf, show } from '../errors.js'

/** The part of node:dns/promises' `Resolver` that is used, so that one with other servers can be given. */
export interface NameResolver {
  resolve4 (hostname: string): Promise<string[]>
  resolve6 (hostname: string): Promise<string[]>
  resolveSrv (hostname: string): Promise<Array<{ name: string, port: number }>>
  /** Asked for a name that has neither A nor AAAA records; absent = nobody is. */
  lookup? (hostname: string, options: { all: true }): Promise<Array<{ address: string }>>
}

/** Says that there is no such name or record: an answer, and not a failure. */
const ABSENT: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'ENODATA'])

/** Texts of failures in one message. */
const MAX_FAILURES = 4

interface Target { name: string, port: number }

export class NameRecords {
  readonly #hostname: string
  readonly #port: number | undefined
  readonly #lookups = new Concurrency(MAX_LIST_DIALS)
  /** What each question was answered last, for when it is not. Holds what the last turn asked. */
  #known = new Map<string, readonly unknown[]>()

  constructor (hostname: string, port: number | undefined) {
    this.#hostname = hostname
    this.#port = port
  }

  /**
   * As multiaddrs, in a fixed order, because servers shuffle theirs. A question that is not answered counts as
   * answered as last time; `failure` tells of it.
   *
   * @throws Error when there is no address, with why
   */
  async addresses (resolver: NameResolver): Promise<{ addresses: string[], failure: Error | undefined }> {
    const turn = new Turn(resolver, this.#known)
    const targets = await this.#targets(turn)
    const found = await Promise.all(targets.map(({ name, port }) => this.#lookups.run(async () => {
      const hosts = await turn.hosts(name)
      return hosts.map(host => `/ip${isIP(host)}/${host}/tcp/${port}`)
    })))
    this.#known = turn.answers
    const addresses = [...new Set(found.flat())].sort()
    const failure = turn.failure(this.#hostname)
    if (addresses.length === 0) throw failure ?? new Error(`${this.#hostname} has no address`)
    return { addresses, failure }
  }

  async #targets (turn: Turn): Promise<Target[]> {
    if (!this.#hostname.startsWith('_')) return [{ name: this.#hostname, port: this.#port as number }]
    const targets = (await turn.services(this.#hostname)).map(({ name, port }) => ({ name, port: this.#port ?? port }))
    return targets.sort((a, b) => a.name < b.name ? -1 : 1).slice(0, MAX_LISTED_ADDRESSES)
  }
}

/** The questions of one turn. */
class Turn {
  readonly answers = new Map<string, readonly unknown[]>()
  readonly #resolver: NameResolver
  readonly #before: ReadonlyMap<string, readonly unknown[]>
  /** By question. */
  readonly #failures = new Map<string, unknown>()

  constructor (resolver: NameResolver, before: ReadonlyMap<string, readonly unknown[]>) {
    this.#resolver = resolver
    this.#before = before
  }

  async services (name: string): Promise<Target[]> {
    return this.#ask(`SRV ${name}`, () => this.#resolver.resolveSrv(name), isTarget)
  }

  /** The name servers know all members; the system may know names that they do not, in /etc/hosts or with a search domain. */
  async hosts (name: string): Promise<string[]> {
    if (isIP(name) !== 0) return [name]
    const found = await Promise.all([
      this.#ask(`A ${name}`, () => this.#resolver.resolve4(name), isAddress(4)),
      this.#ask(`AAAA ${name}`, () => this.#resolver.resolve6(name), isAddress(6))
    ])
    if (found.flat().length > 0 || this.#resolver.lookup === undefined) return found.flat()
    const entries = await this.#ask(`any ${name}`, async () => this.#resolver.lookup?.(name, { all: true }), isEntry)
    // the name is not theirs
    if (entries.length > 0) for (const type of ['A', 'AAAA']) this.#failures.delete(`${type} ${name}`)
    return entries.map(({ address }) => address)
  }

  /** What was not answered, one failure of each kind; undefined = everything was. */
  failure (hostname: string): Error | undefined {
    const failures = [...this.#failures.values()]
    if (failures.length === 0) return undefined
    const texts = [...new Set(failures.map(messageOf))].sort().slice(0, MAX_FAILURES)
    return new Error(`${hostname} could not be resolved: ${texts.join('; ')}`, { cause: failures[0] })
  }

  async #ask<T> (question: string, ask: () => Promise<unknown>, isOne: (answer: unknown) => answer is T): Promise<T[]> {
    let answers: T[]
    try {
      answers = usable(question, await ask(), isOne)
    } catch (err) {
      if (ABSENT.has((err as NodeJS.ErrnoException | undefined)?.code)) return []
      this.#failures.set(question, err)
      answers = (this.#before.get(question) ?? []) as T[]
    }
    this.answers.set(question, answers)
    return answers
  }
}

function usable<T> (question: string, answer: unknown, isOne: (answer: unknown) => answer is T): T[] {
  if (!Array.isArray(answer)) throw new TypeError(`${question}: expected an array of records, got ${show(answer)}`)
  const answers = answer.filter(isOne)
  if (answers.length < answer.length && answers.length === 0) throw new TypeError(`${question}: none of ${answer.length} records is one`)
  return answers
}

function isAddress (family: 4 | 6): (answer: unknown) => answer is string {
  return (answer): answer is string => typeof answer === 'string' && isIP(answer) === family && !answer.includes('%')
}

function isEntry (answer: unknown): answer is { address: string } {
  const address = (answer as { address?: unknown } | null | undefined)?.address
  return isAddress(4)(address) || isAddress(6)(address)
}

/** A target without a name says that there is no such service. */
function isTarget (answer: unknown): answer is Target {
  const { name, port } = (answer ?? {}) as Partial<Target>
  return typeof name === 'string' && name !== '' && name !== '.' && Number.isInteger(port) && (port as number) > 0 && (port as number) <= MAX_PORT
}
