// A process of a test and the calls that it answers, whatever these are: the parent's side and the process's own.

import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'

/** What a process answers, by name. Arguments and results travel as V8 copies them: bytes, undefined and NaN included. */
export type Answers<C> = { [K in keyof C]: C[K] extends (...args: infer A) => infer R ? (...args: A) => R : never }
type Args<F> = F extends (...args: infer A) => unknown ? A : never
type Result<F> = F extends (...args: never[]) => infer R ? Awaited<R> : never

type Message = { id: number, value?: unknown, error?: string } | { told: unknown }

export interface ChildInit {
  name: string
  /** The file that it runs, with tsx. */
  script: string
  /** Flags for Node. */
  flags?: readonly string[]
  /** It has said something by {@link tell}. */
  onTold?: (told: unknown) => void
}

const running = new Set<Child<unknown>>()

export class Child<C> {
  readonly name: string
  /** It was ended by {@link end}. */
  isOver = false
  readonly #child: ChildProcess
  readonly #exited: Promise<NodeJS.Signals | number | null>
  readonly #open = new Map<number, { resolve: (value: unknown) => void, reject: (err: Error) => void }>()
  #lastId = 0
  #stderr = ''

  constructor ({ name, script, flags = [], onTold }: ChildInit) {
    this.name = name
    this.#child = fork(script, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: [...flags, '--import', 'tsx'], serialization: 'advanced' })
    this.#child.stderr?.on('data', chunk => { this.#stderr = (this.#stderr + String(chunk)).slice(-4_000) })
    this.#child.on('message', message => {
      if ('told' in (message as Message)) onTold?.((message as { told: unknown }).told)
      else this.#settle(message as { id: number, value?: unknown, error?: string })
    })
    this.#exited = new Promise(resolve => {
      this.#child.once('exit', (code, signal) => {
        for (const { reject } of this.#open.values()) reject(new Error(`${name} has ended with ${signal ?? code}\n${this.#stderr}`))
        this.#open.clear()
        resolve(signal ?? code)
      })
    })
    running.add(this)
  }

  get pid (): number | undefined {
    return this.#child.pid
  }

  call<K extends keyof C> (call: K, ...args: Args<C[K]>): Promise<Result<C[K]>> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve: resolve as (value: unknown) => void, reject })
      this.#child.send({ id, call, args }, err => {
        if (err === null) return
        this.#open.delete(id)
        reject(err)
      })
    })
  }

  signal (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** @returns the signal or the code that it ended with */
  async end (signal: 'SIGTERM' | 'SIGKILL' = 'SIGKILL'): Promise<NodeJS.Signals | number | null> {
    running.delete(this)
    this.isOver = true
    this.#child.kill(signal)
    return this.#exited
  }

  #settle ({ id, value, error }: { id: number, value?: unknown, error?: string }): void {
    const open = this.#open.get(id)
    this.#open.delete(id)
    if (error === undefined) open?.resolve(value)
    else open?.reject(new Error(`${this.name}: ${error}`))
  }
}

export async function endChildren (): Promise<void> {
  await Promise.all([...running].map(child => child.end()))
}

// ---- in the process itself ----

/** Answers the parent, until it has gone. */
export function serve<C> (answers: Answers<C>): void {
  const answer = async ({ id, call, args }: { id: number, call: keyof C, args: unknown[] }): Promise<void> => {
    try {
      process.send?.({ id, value: await (answers[call] as (...args: unknown[]) => unknown)(...args) })
    } catch (err) {
      process.send?.({ id, error: err instanceof Error ? `${err.name}: ${err.message}` : String(err) })
    }
  }
  process.on('message', message => { void answer(message as Parameters<typeof answer>[0]) })
  process.on('disconnect', () => { process.exit() })
}

/** Says something that the parent did not ask for. */
export function tell (told: unknown): void {
  process.send?.({ told })
}
