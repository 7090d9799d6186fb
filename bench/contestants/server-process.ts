// The other process of a contestant. It ends itself when its channel to this one closes, so it ends whatever ends this one.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MissingError } from './contestant.js'
import type { ChildProcess } from 'node:child_process'

/** What a server process answers with. */
export type Answer = { address: string } | { missing: string }

const END_TIMEOUT = 5_000

export class ServerProcess {
  readonly #name: string
  readonly #child: ChildProcess

  constructor (name: 'groupcache' | 'tcp' | 'redis') {
    this.#name = name
    this.#child = fork(fileURLToPath(new URL(`./${name}-server.ts`, import.meta.url)), { execArgv: ['--import', 'tsx'] })
  }

  /**
   * @returns the address that it answers with
   * @throws MissingError when it lacks something
   */
  async ask (request: object): Promise<string> {
    const answered = new AbortController()
    try {
      this.#child.send(request)
      const answer = await Promise.race([
        once(this.#child, 'message', { signal: answered.signal }).then(([message]) => message as Answer),
        once(this.#child, 'exit', { signal: answered.signal }).then(([code, signal]) => { throw new Error(`the server process of ${this.#name} ended with ${String(code ?? signal)}`) })
      ])
      if ('missing' in answer) throw new MissingError(answer.missing)
      return answer.address
    } finally {
      answered.abort()
    }
  }

  async end (): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    if (this.#child.connected) this.#child.disconnect()
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, END_TIMEOUT)
    await ended
    clearTimeout(timer)
  }
}

/** Starts a server process, asks it to be ready, and ends it again when `connect` fails. */
export async function withServer<T> (name: 'tcp' | 'redis', request: object, connect: (address: string, server: ServerProcess) => Promise<T>): Promise<T> {
  const server = new ServerProcess(name)
  try {
    return await connect(await server.ask(request), server)
  } catch (err) {
    await server.end()
    throw err
  }
}
