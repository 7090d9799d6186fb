// One run, start to end: the cluster forms, the workload runs, a node is killed, another one joins.

import { setTimeout as pause } from 'node:timers/promises'
import { Cluster } from './cluster.js'
import type { Database } from './database.js'
import type { Dataset } from './dataset.js'
import type { Options } from './options.js'
import { Tally } from './tally.js'
import { seededRandom, Zipf } from './workload.js'

/** When, as a part of the workload's time. */
const killAt = 0.5
const joinAt = 0.65
const askInterval = 20
const countInterval = 500
const answerDeadline = 15_000
/** So long the one that has joined is asked at least. */
const afterJoin = 2_000
/** So many gets unanswered: no more are asked until some are answered. */
const maxOpen = 5_000

export interface Death {
  name: string
  /** Keys asked for before, which it owned: what it had loaded for them is gone with it. */
  keysLost: number
  /** Milliseconds until the last survivor had dropped it. */
  droppedAfter: number
}

export class Run {
  readonly cluster: Cluster
  readonly tally: Tally
  /** As the database counts them; a moment old while the run goes on. */
  queries = 0
  death: Death | undefined
  /** Nodes whose process did not end by itself after they were told to stop. */
  stragglers: string[] = []
  readonly #options: Options
  readonly #dataset: Dataset
  readonly #database: Database
  readonly #say: (event: string) => void
  readonly #signal: AbortSignal
  /** Ends the run from inside, when a part of it fails or a node ends that should not. */
  readonly #failure = new AbortController()
  #startedAt: number | undefined
  /** All has happened that was to happen. */
  #isOver = false

  constructor (options: Options, dataset: Dataset, database: Database, say: (event: string) => void, signal: AbortSignal) {
    this.#options = options
    this.#dataset = dataset
    this.#database = database
    this.#say = say
    this.#signal = AbortSignal.any([signal, this.#failure.signal])
    this.tally = new Tally(dataset)
    this.cluster = new Cluster(`demo-${process.pid}`, database.address, {
      answers: answers => this.tally.check(answers),
      died: reason => this.#failure.abort(new Error(reason))
    }, this.#signal)
  }

  /** Milliseconds of workload so far. */
  get elapsed (): number {
    return this.#startedAt === undefined ? 0 : performance.now() - this.#startedAt
  }

  /** @throws Error when the run could not go on; the signal's reason when it was broken off */
  async play (): Promise<void> {
    const { nodes, rate, seconds, seed } = this.#options
    const begun = performance.now()
    this.cluster.add(nodes)
    await this.cluster.formed()
    this.#say(`${nodes} nodes have found each other, ${inSeconds(performance.now() - begun)} after their processes were started`)

    this.#say(`asking for ${rate} cities a second during ${seconds} s, in the order of seed ${seed}`)
    this.#startedAt = performance.now()
    const counting = setInterval(() => {
      void this.#database.queries().then(queries => { this.queries = queries }, () => {})
    }, countInterval)
    try {
      await this.#together(this.#ask(), this.#incidents())
    } finally {
      clearInterval(counting)
    }
    this.tally.close()
    this.queries = await this.#database.queries()
    this.stragglers = await this.cluster.stop()
  }

  /** Until both have ended; when one fails, the other is broken off. */
  async #together (...parts: Array<Promise<void>>): Promise<void> {
    await Promise.all(parts.map(part => part.catch((error: unknown) => this.#failure.abort(error))))
    this.#signal.throwIfAborted()
  }

  /** Asks at the set rate, however long the answers take; at the end waits for the last answers. */
  async #ask (): Promise<void> {
    const { rate, seconds, seed } = this.#options
    const places = new Zipf(this.#dataset.rows.length, seededRandom(seed))
    const nodes = seededRandom(seed + 1)
    // on a slow machine the one that joins is late, and is to be asked for something, too
    while (this.elapsed < seconds * 1000 || !this.#isOver) {
      await pause(askInterval, undefined, { signal: this.#signal })
      const due = Math.floor(this.elapsed / 1000 * rate) - this.tally.asked
      const ids: number[] = []
      while (ids.length < due && ids.length + this.tally.open < maxOpen) {
        const row = this.#dataset.rows[places.next()]
        if (row !== undefined) ids.push(row.id)
      }
      this.tally.ask(ids)
      this.cluster.get(ids, nodes)
    }
    const deadline = performance.now() + answerDeadline
    while (this.tally.open > 0 && performance.now() < deadline) {
      await pause(askInterval, undefined, { signal: this.#signal })
    }
  }

  async #incidents (): Promise<void> {
    if (this.#options.kill) {
      await this.#workloadReaches(killAt)
      await this.#killOne()
    }
    await this.#workloadReaches(joinAt)
    const [newcomer] = this.cluster.add(1)
    await this.cluster.formed()
    this.#say(`${newcomer?.name} has joined; the keys that are its own now come from their previous owners`)
    await pause(afterJoin, undefined, { signal: this.#signal })
    this.#isOver = true
  }

  async #killOne (): Promise<void> {
    const [witness, victim] = this.cluster.running
    if (witness === undefined || victim === undefined) throw new Error('there are not two nodes left to kill one of them')
    // Just before the kill, because afterwards nobody can say what the dead one owned.
    const keysLost = await witness.countOwned([...this.tally.distinct], victim.name, this.#signal)
    const killedAt = Date.now()
    this.#say(`${victim.name} is killed (SIGKILL); it had loaded ${keysLost} of the keys`)
    await victim.kill()
    this.tally.cutOff += victim.open
    const droppedAfter = await this.cluster.dropped(victim, killedAt)
    this.death = { name: victim.name, keysLost, droppedAfter }
    this.#say(`every survivor has dropped ${victim.name}, ${inSeconds(droppedAfter)} after the kill`)
  }

  async #workloadReaches (part: number): Promise<void> {
    const left = this.#options.seconds * 1000 * part - this.elapsed
    await pause(Math.max(0, left), undefined, { signal: this.#signal })
  }
}

function inSeconds (milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}
