// A process that answers calls over IPC: the parent's end, and the child's.

import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'

// what a process can be asked to do is an interface of functions, whatever they take
type Method = (...args: never[]) => unknown
export type Methods<C> = { [name in keyof C]: Method }

const running = new Set<{ kill: () => Promise<void> }>()

export class Remote<C extends Methods<C>> {
  readonly name: string
  /** What it wrote to its log. */
  readonly lines: string[] = []
  readonly #child: ChildProcess
  readonly #exited: Promise<void>
  readonly #open = new Map<number, { resolve: (value: never) => void, reject: (err: Error) => void }>()
  #lastId = 0

  constructor (name: string, file: string, env: NodeJS.ProcessEnv = {}) {
    this.name = name
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      execArgv: ['--import', 'tsx', '--expose-gc'],
      env: { ...process.env, DEBUG_COLORS: '0', ...env }
    })
    let rest = ''
    this.#child.stderr?.on('data', chunk => {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      this.lines.push(...lines)
    })
    this.#child.on('message', message => {
      const { id, value, error } = message as { id: number, value?: unknown, error?: string }
      const open = this.#open.get(id)
      this.#open.delete(id)
      if (error === undefined) open?.resolve(value as never)
      else open?.reject(new Error(`${name}: ${error}`))
    })
    this.#exited = new Promise(resolve => {
      this.#child.once('exit', (code, signal) => {
        for (const { reject } of this.#open.values()) reject(new Error(`${name} ended with ${code ?? signal}\n${this.lines.slice(-20).join('\n')}`))
        this.#open.clear()
        running.delete(this)
        resolve()
      })
    })
    running.add(this)
  }

  call<N extends keyof C> (call: N, ...args: Parameters<C[N]>): Promise<Awaited<ReturnType<C[N]>>> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      this.#child.send({ id, call, args }, err => { if (err !== null) reject(err) })
    })
  }

  async kill (): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}

export async function killAll (): Promise<void> {
  await Promise.all([...running].map(remote => remote.kill()))
}

/** The child's end: answers calls until the parent is gone. */
export function answerCalls<C extends Methods<C>> (calls: C): void {
  const answer = async ({ id, call, args }: { id: number, call: keyof C, args: never[] }): Promise<void> => {
    try {
      process.send?.({ id, value: await calls[call](...args) })
    } catch (err) {
      process.send?.({ id, error: err instanceof Error ? `${err.name}: ${err.message}` : String(err) })
    }
  }
  process.on('message', message => { void answer(message as Parameters<typeof answer>[0]) })
  process.on('disconnect', () => { process.exit() })
}
