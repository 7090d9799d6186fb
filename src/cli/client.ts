// Asks the side door of a running member.

import { CliError } from './command.js'
import type { Snapshot } from '../side-door/board.js'
import type { Flag, Parsed, Shell } from './command.js'

export const CLIENT_FLAGS: Readonly<Record<string, Flag>> = {
  url: { type: 'string', short: 'u', value: 'URL', help: 'the member\'s side door; GROUPCACHE_URL; default http://127.0.0.1:4580' },
  'token-file': { type: 'string', value: 'FILE', help: 'holds its token; or GROUPCACHE_TOKEN' },
  json: { type: 'boolean', help: 'print JSON' }
}

const DEFAULT_URL = 'http://127.0.0.1:4580'
/** Milliseconds. A removal may wait for members that do not answer. */
const READ_TIMEOUT = 10_000
const CHANGE_TIMEOUT = 60_000

export class Client {
  readonly url: string
  readonly #token: string | undefined
  readonly #signal: AbortSignal

  constructor ({ flags }: Parsed, { env, signal }: Shell, token: string | undefined) {
    const url = String(flags.url ?? env.GROUPCACHE_URL ?? DEFAULT_URL)
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new CliError(`--url: expected one such as ${DEFAULT_URL}, got ${JSON.stringify(url)}`)
    this.url = url.replace(/\/+$/, '')
    this.#token = token
    this.#signal = signal
  }

  /** @throws CliError */
  async get<T> (path: string): Promise<T> {
    const response = await this.#request('GET', path, READ_TIMEOUT)
    const body: unknown = await response.json().catch(() => undefined)
    if (body === null || typeof body !== 'object') throw new CliError(`${this.url} is not the side door of a groupcache member: it answered no JSON`)
    return body as T
  }

  /** @throws CliError */
  async change (method: 'DELETE', path: string): Promise<void> {
    await this.#request(method, path, CHANGE_TIMEOUT)
  }

  /** What `/v1/events` tells, until the member goes or the command is told to end. @throws CliError */
  async * snapshots (): AsyncGenerator<Snapshot> {
    const { body } = await this.#request('GET', '/v1/events', Infinity)
    let text = ''
    const decoder = new TextDecoder()
    try {
      for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
        const blocks = (text + decoder.decode(part, { stream: true })).split('\n\n')
        text = blocks.pop() ?? ''
        for (const block of blocks) {
          if (block.startsWith('event: snapshot\ndata: ')) yield JSON.parse(block.slice('event: snapshot\ndata: '.length)) as Snapshot
        }
      }
    } catch (err) {
      if (this.#signal.aborted) return
      throw new CliError(`${this.url} has gone: ${reasonOf(err, 0)}`, 1)
    }
    if (!this.#signal.aborted) throw new CliError(`${this.url} has closed the connection`, 1)
  }

  async #request (method: string, path: string, timeout: number): Promise<Response> {
    const signal = timeout === Infinity ? this.#signal : AbortSignal.any([this.#signal, AbortSignal.timeout(timeout)])
    let response
    try {
      response = await fetch(this.url + path, { method, signal, redirect: 'manual', headers: this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` } })
    } catch (err) {
      this.#signal.throwIfAborted()
      throw new CliError(`${this.url} cannot be reached: ${reasonOf(err, timeout)}`)
    }
    if (response.ok) return response
    throw await this.#refusal(response)
  }

  async #refusal (response: Response): Promise<CliError> {
    const { status } = response
    const error = ((await response.json().catch(() => undefined)) as { error?: { name?: unknown, message?: unknown } } | undefined)?.error
    if (typeof error?.name !== 'string' || typeof error.message !== 'string') return new CliError(`${this.url} is not the side door of a groupcache member: it answered ${status}`)
    if (status === 401) return new CliError(`${this.url} does not let us in: ${error.message}`)
    return new CliError(`${error.name}: ${error.message}`, status === 404 ? 2 : 1)
  }
}

function reasonOf (err: unknown, timeout: number): string {
  const { name, message, cause } = err as Error
  if (name === 'TimeoutError') return `no answer within ${timeout / 1_000} s`
  const code = (cause as NodeJS.ErrnoException | undefined)?.code
  return code ?? message
}
