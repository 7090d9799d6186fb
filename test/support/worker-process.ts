// Real processes for tests: forks worker.ts, calls it over IPC, and leaves none behind.

import { fork, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { IpcCalls } from './ipc-calls.js'
import type { ChildProcess } from 'node:child_process'
import type { GroupcacheOptions, GroupOptions, GroupStats } from '../../src/index.js'
import type { FailedRead, Read, Update, UpdateKind } from './history.js'
import type { Answer } from './ipc-calls.js'
import type { SpanRecord } from './spans.js'
import type { Report } from './traffic.js'

export interface WorkerOptions extends Omit<GroupcacheOptions, 'discovery' | 'privateKey'> {
  discovery: 'host' | 'mdns' | string[]
  group?: Omit<Partial<GroupOptions<string>>, 'load' | 'codec'>
  loadDelay?: number
  /** Where the origin listens whose versions are loaded; see origin.ts. */
  origin?: string
}

/** What a worker can be asked to do. */
export interface Calls {
  start (options: WorkerOptions): Promise<string[]>
  ready (members: number): Promise<void>
  addresses (): string[]
  members (): string[]
  connections (): number
  get (key: string): Promise<string>
  /** The different answers to that many concurrent gets. */
  getTimes (key: string, times: number): Promise<string[]>
  owner (key: string): string
  /** Keys loaded by this process. */
  loads (): string[]
  stats (): GroupStats
  /** Gets these keys again and again, until `endHammer`. */
  hammer (keys: string[]): void
  hammered (): number
  /** @returns the gets that failed */
  endHammer (): string[]
  /** Reads from the cache in front of the origin, until `endTraffic`; they arrive in `reads` and `failures`. */
  startTraffic (options: { seed: number, perSecond: number }): void
  endTraffic (): Promise<void>
  /** Reads every key once. */
  sweep (): Promise<void>
  update (kind: UpdateKind, keys: string[]): Promise<Update>
  /** Begins a get that can be aborted, of a key that this process has no other such get of. */
  beginGet (key: string): void
  /** Aborts it. @returns what it ends with: the value, or the error's name */
  abortGet (key: string): Promise<string>
  outcome (key: string): Promise<string>
  /** Loads, at this process, of keys that begin with "held": these go on until they are released. */
  heldLoads (): Array<{ key: string, isAborted: boolean }>
  release (key: string): void
  /** From now on all is traced. */
  trace (): void
  spans (): SpanRecord[]
  stopOnSignals (): void
  stop (): Promise<void>
}

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
const running = new Set<WorkerProcess>()

export class WorkerProcess {
  readonly name: string
  /** Events of members joining, leaving or failing, with the time they were told at. */
  readonly events: Array<{ event: string, name: string, at: number }> = []
  readonly reads: Read[] = []
  readonly failures: FailedRead[] = []
  /** It was killed. */
  isDead = false
  readonly #child: ChildProcess
  readonly #calls: IpcCalls
  readonly #exited: Promise<NodeJS.Signals | number | null>
  #stderr = ''

  /** @param namespace - a network namespace to run in; needs root */
  constructor (name: string, namespace?: string) {
    this.name = name
    const options = { stdio: ['ignore', 'ignore', process.env.WORKER_STDERR === 'inherit' ? 'inherit' : 'pipe', 'ipc'] as Array<'ignore' | 'inherit' | 'pipe' | 'ipc'>, execArgv: ['--import', 'tsx'] }
    this.#child = namespace === undefined
      ? fork(WORKER, options)
      : spawn('ip', ['netns', 'exec', namespace, process.execPath, '--import', 'tsx', WORKER], { stdio: options.stdio })
    this.#calls = new IpcCalls(name, (message, onSent) => this.#child.send(message, onSent))
    this.#exited = new Promise(resolve => { this.#child.once('exit', (code, signal) => { resolve(signal ?? code) }) })
    this.#child.stderr?.on('data', chunk => { this.#stderr = (this.#stderr + String(chunk)).slice(-4_000) })
    this.#child.on('message', message => { this.#onMessage(message as Message) })
    this.#child.once('exit', (code, signal) => {
      this.#calls.end(new Error(`worker ${name} ended with ${code ?? signal}\n${this.#stderr}`))
    })
    running.add(this)
  }

  call<C extends keyof Calls> (call: C, ...args: Parameters<Calls[C]>): Promise<Awaited<ReturnType<Calls[C]>>> {
    return this.#calls.call(call, args)
  }

  signal (signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Tells it to end. @returns the signal or the code that it ended with */
  async terminate (): Promise<NodeJS.Signals | number | null> {
    running.delete(this)
    this.isDead = true
    this.#child.kill('SIGTERM')
    return this.#exited
  }

  async kill (): Promise<void> {
    running.delete(this)
    this.isDead = true
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  /** Stops the member gracefully, then the process. */
  async stop (): Promise<void> {
    await this.call('stop')
    await this.kill()
  }

  #onMessage (message: Message): void {
    if ('reads' in message) {
      this.reads.push(...message.reads)
      this.failures.push(...message.failures)
      return
    }
    if ('event' in message) {
      this.events.push({ ...message, at: performance.now() })
      return
    }
    this.#calls.onAnswer(message)
  }
}

type Message = Report | { event: string, name: string } | Answer

/** `count` processes p0, p1, … that have found each other. Ended by {@link endWorkers}. */
export async function startWorkers (count: number, options: WorkerOptions): Promise<WorkerProcess[]> {
  const workers = Array.from({ length: count }, (_, i) => new WorkerProcess(`p${i}`))
  await Promise.all(workers.map(worker => worker.call('start', { name: worker.name, ...options })))
  await Promise.all(workers.map(worker => worker.call('ready', count)))
  return workers
}

export async function endWorkers (): Promise<void> {
  await Promise.all([...running].map(worker => worker.kill()))
}
