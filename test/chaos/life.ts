// One process of a member, from its start to its end, and all that it told.

import { fork, spawn } from 'node:child_process'
import { now } from '../support/history.js'
import { IpcCalls } from '../support/ipc-calls.js'
import type { ChildProcess } from 'node:child_process'
import type { FailedRead, Read, Update } from '../support/history.js'
import type { Answer } from '../support/ipc-calls.js'
import type { ChaosCalls, Pause, Sample, ViewEvent, WorkerReport } from './reports.js'

export type EndOrder = 'kill' | 'stop'

/** What is known of a life when it is judged. */
export type LifeRecord = Pick<Life, 'name' | 'number' | 'peerId' | 'reads' | 'failures' | 'updates' | 'views' | 'samples' | 'pauses' | 'oddities' | 'stderr' | 'startedAt' | 'endOrderedAt' | 'endOrder' | 'endedAt'>

/** Characters of its standard error that are kept. With DEBUG set, a worker writes its log there. */
const MAX_STDERR = process.env['DEBUG'] === undefined ? 16_000 : 100_000_000

export interface LifeInit {
  name: string
  /** Of all lives, the how many-th. */
  number: number
  bundle: string
  namespace?: string | undefined
}

export class Life {
  readonly name: string
  readonly number: number
  readonly reads: Read[] = []
  readonly failures: FailedRead[] = []
  readonly updates: Update[] = []
  readonly views: ViewEvent[] = []
  readonly samples: Sample[] = []
  readonly pauses: Pause[] = []
  readonly oddities: string[] = []
  /** Empty until it has started. */
  peerId = ''
  /** When its member had started, nanoseconds; Infinity until then. */
  startedAt = Infinity
  /** When it was told to end, and how; what it does after that is its own affair. */
  endOrderedAt = Infinity
  endOrder: EndOrder | undefined
  endedAt = Infinity
  stderr = ''
  readonly exited: Promise<string>
  readonly #child: ChildProcess
  readonly #calls: IpcCalls

  constructor ({ name, number, bundle, namespace }: LifeInit) {
    this.name = name
    this.number = number
    const stdio = ['ignore', 'ignore', 'pipe', 'ipc'] as Array<'ignore' | 'pipe' | 'ipc'>
    this.#child = namespace === undefined
      ? fork(bundle, { stdio, execArgv: [] })
      : spawn('ip', ['netns', 'exec', namespace, process.execPath, bundle], { stdio })
    this.#calls = new IpcCalls(name, (message, onSent) => this.#child.send(message, onSent))
    this.#child.on('message', message => { this.#onMessage(message as Answer | WorkerReport) })
    this.#child.stderr?.on('data', chunk => { this.stderr = (this.stderr + String(chunk)).slice(-MAX_STDERR) })
    this.exited = new Promise(resolve => {
      this.#child.once('exit', (code, signal) => {
        this.endedAt = now()
        this.#calls.end(new Error(`${name} has ended with ${signal ?? code}`))
        resolve(String(signal ?? code))
      })
    })
  }

  get pid (): number | undefined {
    return this.#child.pid
  }

  get isUp (): boolean {
    return this.startedAt < Infinity && this.endOrder === undefined && this.endedAt === Infinity
  }

  call<C extends keyof ChaosCalls> (call: C, ...args: Parameters<ChaosCalls[C]>): Promise<Awaited<ReturnType<ChaosCalls[C]>>> {
    return this.#calls.call(call, args)
  }

  signal (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Nothing it does from now on counts. */
  kill (): void {
    this.orderEnd('kill')
    this.#child.kill('SIGKILL')
  }

  orderEnd (order: EndOrder): void {
    this.endOrder ??= order
    this.endOrderedAt = Math.min(this.endOrderedAt, now())
  }

  #onMessage (message: Answer | WorkerReport): void {
    if ('id' in message) {
      this.#calls.onAnswer(message)
      return
    }
    const { reads = [], failures = [], updates = [], view, sample, pause, oddity } = message
    for (const read of reads) this.reads.push(read)
    this.failures.push(...failures)
    this.updates.push(...updates)
    if (view !== undefined) this.views.push(view)
    if (sample !== undefined) this.samples.push(sample)
    if (pause !== undefined) this.pauses.push(pause)
    if (oddity !== undefined) this.oddities.push(oddity)
  }
}
