// The processes of the long run: two that stay, two that come and go, in front of one origin.

import { randomUUID } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import { Child } from '../support/child.js'
import { Origin } from '../support/origin.js'
import type { SoakCalls, Told } from './calls.js'
import type { Tally } from './load.js'
import type { Vitals } from './vitals.js'

const WORKER = fileURLToPath(new URL('./worker.ts', import.meta.url))
export const STAYING: readonly string[] = ['stays 1', 'stays 2']
export const PASSING: readonly string[] = ['passes 1', 'passes 2']

/** How a process that stays was at a moment. */
export interface Sample extends Vitals { seconds: number, name: string }

export interface SoakInit {
  seed: number
  /** Gets and changes a second, at each process. */
  perSecond: number
  /** Bytes a second that the first process leaks. */
  leak: number
}

type Worker = Child<SoakCalls>

export class SoakCluster {
  readonly samples: Sample[] = []
  /** Of processes that were told to leave; what one did that was killed nobody knows. */
  readonly tallies: Tally[] = []
  /** Wrong values, failed gets and failed changes, of all processes. */
  readonly faults: Array<{ seconds: number, name: string, what: string }> = []
  readonly #init: SoakInit
  readonly #origin: Origin
  readonly #name = randomUUID()
  readonly #workers = new Map<string, Worker>()
  readonly #addresses = new Map<string, string[]>()
  #began = performance.now()
  #seed: number
  #isLoaded = false

  private constructor (init: SoakInit, origin: Origin) {
    this.#init = init
    this.#origin = origin
    this.#seed = init.seed
  }

  static async start (init: SoakInit): Promise<SoakCluster> {
    const cluster = new SoakCluster(init, await Origin.start())
    for (const name of [...STAYING, ...PASSING]) await cluster.join(name)
    return cluster
  }

  /** Since the load began. */
  get seconds (): number {
    return (performance.now() - this.#began) / 1_000
  }

  /** Those that may be taken away. */
  get passing (): string[] {
    return PASSING.filter(name => this.#workers.has(name))
  }

  worker (name: string): Worker {
    const worker = this.#workers.get(name)
    if (worker === undefined) throw new Error(`there is no ${name}`)
    return worker
  }

  /** Resolves when all have seen it. */
  async join (name: string): Promise<void> {
    const worker: Worker = new Child<SoakCalls>({ name, script: WORKER, onTold: told => { this.#onTold(name, told as Told) } })
    const seeds = STAYING.flatMap(each => this.#addresses.get(each) ?? [])
    const leak = name === STAYING[0] ? this.#init.leak : 0
    this.#addresses.set(name, await worker.call('start', { name, cluster: this.#name, seeds, origin: this.#origin.path, leak }))
    this.#workers.set(name, worker)
    await Promise.all([...this.#workers.values()].map(each => each.call('ready', this.#workers.size)))
    if (this.#isLoaded) await this.#startLoad(worker)
  }

  /** Its callers go first, then it hands over and leaves. */
  async leave (name: string): Promise<void> {
    const worker = this.worker(name)
    await this.#endLoad(worker)
    this.#workers.delete(name)
    await worker.call('stop')
    await worker.end()
  }

  async kill (name: string): Promise<void> {
    const worker = this.worker(name)
    this.#workers.delete(name)
    await worker.end('SIGKILL')
  }

  async freeze (name: string, ms: number): Promise<void> {
    this.worker(name).signal('SIGSTOP')
    await new Promise(resolve => { setTimeout(resolve, ms) })
    this.worker(name).signal('SIGCONT')
  }

  async startLoad (): Promise<void> {
    await this.worker(STAYING[0] as string).call('fillLogs')
    this.#isLoaded = true
    this.#began = performance.now()
    for (const name of STAYING) await this.worker(name).call('report', 1_000)
    await Promise.all([...this.#workers.values()].map(worker => this.#startLoad(worker)))
  }

  /** Resolves when all that was begun has come to an end. */
  async endLoad (): Promise<void> {
    this.#isLoaded = false
    await Promise.all([...this.#workers.values()].map(worker => this.#endLoad(worker)))
  }

  async end (): Promise<void> {
    await Promise.all([...this.#workers.values()].map(worker => worker.end()))
    await this.#origin.stop()
  }

  #startLoad (worker: Worker): Promise<void> {
    return worker.call('startLoad', { seed: this.#seed++, perSecond: this.#init.perSecond })
  }

  async #endLoad (worker: Worker): Promise<void> {
    await worker.call('endLoad')
    this.tallies.push(await worker.call('tally'))
  }

  #onTold (name: string, told: Told): void {
    if ('vitals' in told) {
      this.samples.push({ seconds: this.seconds, name, ...told.vitals })
      return
    }
    if ('fault' in told) {
      this.faults.push({ seconds: this.seconds, name, what: told.fault })
      return
    }
    const { keys, version } = told.floor
    for (const [other, worker] of this.#workers) {
      // who is about to end need not know
      if (other !== name) worker.call('raise', keys, version).catch(() => {})
    }
  }
}
