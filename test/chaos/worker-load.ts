// The load of one process: reads and updates in all groups, as many a second whether they are answered or not.

import { now } from '../support/history.js'
import { seeded } from '../support/seeds.js'
import { Traffic } from '../support/traffic.js'
import { UpdateMix } from '../support/update-mix.js'
import { GROUPS } from './reports.js'
import type { OriginClient } from '../support/origin.js'
import type { Group } from '../../src/index.js'
import type { LoadOptions, WorkerReport } from './reports.js'

/** Milliseconds between two lots of reads. */
const TICK = 50
/** Updates that may wait at a time: some do for many seconds, while an owner is frozen. */
const MAX_OPEN = 64
const SAMPLE_INTERVAL = 1_000
/** Milliseconds that the event loop is late by when it counts as having stood still. */
const PAUSE = 100

interface Lane { group: Group<string>, traffic: Traffic, mix: UpdateMix }

export interface WorkerLoadInit {
  node: string
  groups: ReadonlyArray<Group<string>>
  origin: OriginClient
  options: LoadOptions
  report: (report: WorkerReport) => void
}

export class WorkerLoad {
  readonly #init: WorkerLoadInit
  readonly #random: () => number
  readonly #lanes: Lane[]
  readonly #open = new Set<Promise<void>>()
  #updateTimer: NodeJS.Timeout | undefined
  readonly #timers: NodeJS.Timeout[] = []
  #lastTickAt = now()
  #bytes: number[] = GROUPS.map(() => 0)

  constructor (init: WorkerLoadInit) {
    const { node, groups, origin, options, report } = init
    this.#init = init
    this.#random = seeded(options.seed)
    this.#lanes = GROUPS.map(({ keys, padding }, i) => {
      const group = groups[i] as Group<string>
      const traffic = new Traffic({ node, group, origin, keys, padding, tick: TICK, seed: options.seed + 1 + i, perSecond: options.getsPerSecond / GROUPS.length, report })
      return { group, traffic, mix: new UpdateMix(this.#random, keys) }
    })
  }

  start (): void {
    for (const { traffic } of this.#lanes) traffic.start()
    this.#updateTimer = setInterval(() => { this.#update() }, 1_000 / this.#init.options.updatesPerSecond)
    this.#timers.push(setInterval(() => { this.#look() }, TICK), setInterval(() => { this.#sample() }, SAMPLE_INTERVAL))
  }

  async endUpdates (): Promise<void> {
    clearInterval(this.#updateTimer)
    await Promise.all(this.#open)
  }

  async sweep (): Promise<void> {
    await Promise.all(this.#lanes.map(({ traffic }) => traffic.sweep()))
  }

  async removeAll (group: string, keys: readonly string[]): Promise<void> {
    const lane = this.#lanes.find(lane => lane.group.name === group)
    if (lane === undefined) throw new Error(`no group ${group}`)
    await Promise.all(keys.map(async key => { this.#init.report({ updates: [await lane.traffic.update('remove', [key])] }) }))
  }

  async endGets (): Promise<void> {
    await Promise.all(this.#lanes.map(({ traffic }) => traffic.end()))
    for (const timer of this.#timers) clearInterval(timer)
    this.#sample()
  }

  /** Which gets are under way, the oldest first, for how long, and who should answer. */
  waiting (): string[] {
    return this.#lanes.flatMap(({ group, traffic }) => traffic.waiting.map(({ keys, since }) => {
      const owners = new Set(keys.map(key => group.owner(key).name))
      return `${keys.join()} of ${group.name} for ${Math.round((now() - since) / 1e6)} ms, owned by ${[...owners].join()}`
    }))
  }

  /** Gets and updates under way. */
  get open (): number {
    return this.#openGets + this.#open.size
  }

  get #openGets (): number {
    return this.#lanes.reduce((sum, { traffic }) => sum + traffic.open, 0)
  }

  #update (): void {
    if (this.#open.size >= MAX_OPEN) return
    const { traffic, mix } = this.#lanes[Math.floor(this.#random() * this.#lanes.length)] as Lane
    const { kind, keys } = mix.next()
    const work = traffic.update(kind, keys).then(update => { this.#init.report({ updates: [update] }) })
    this.#open.add(work)
    void work.then(() => this.#open.delete(work))
  }

  /** Memory has to be within its bounds at any time. */
  #look (): void {
    const at = now()
    if (at - this.#lastTickAt > (TICK + PAUSE) * 1e6) this.#init.report({ pause: { from: this.#lastTickAt, to: at } })
    this.#lastTickAt = at
    this.#bytes = this.#lanes.map(({ group }, i) => Math.max(this.#bytes[i] as number, group.stats().bytes + group.stats().hotBytes))
  }

  #sample (): void {
    const evictions = this.#lanes.reduce((sum, { group }) => sum + group.stats().evictions, 0)
    this.#look()
    this.#init.report({ sample: { at: now(), rss: process.memoryUsage.rss(), bytes: this.#bytes, evictions, openGets: this.#openGets, openUpdates: this.#open.size } })
    this.#bytes = GROUPS.map(() => 0)
  }
}
