// One run of a schedule, from the first process to the verdict.

import { writeFileSync } from 'node:fs'
import { messageOf } from '../../src/errors.js'
import { now } from '../support/history.js'
import { obstacle } from '../support/namespaces.js'
import { until } from '../support/until.js'
import { calmTimes } from './calm.js'
import { ChaosOrigin } from './chaos-origin.js'
import { Cluster } from './cluster.js'
import { judgeLoads } from './judge-loads.js'
import { judgeProcesses } from './judge-processes.js'
import { LONGEST_GET, judgeReads } from './judge-reads.js'
import { LONGEST_UPDATE, judgeUpdates } from './judge-updates.js'
import { LanPlace, ProxyPlace } from './place.js'
import { Player } from './player.js'
import { GROUPS } from './reports.js'
import { standstillOfAny, watchOwnPauses } from './standstill.js'
import { Sides } from './sides.js'
import { Views, seenBy } from './views.js'
import type { LifeRecord } from './life.js'
import type { Schedule } from './schedule.js'

/**
 * Milliseconds within which all see each other when the last fault is over. Time for which some process could not run, on a machine that
 * is too busy, does not count: to the others that is a fault.
 */
const AGREEMENT_TIME = 10_000
const AGREEMENT_LIMIT = 120_000

export interface Outcome {
  /** Why it was not played. */
  leftOut?: string
  failures: string[]
  figures: Record<string, number>
  log: string[]
}

export async function run (schedule: Schedule, bundle: string): Promise<Outcome> {
  const reason = schedule.network === 'namespaces' ? obstacle() : undefined
  if (reason !== undefined) return { leftOut: reason, failures: [], figures: {}, log: [] }
  const origin = await ChaosOrigin.start(schedule.seed)
  const place = schedule.network === 'namespaces' ? new LanPlace(schedule) : new ProxyPlace()
  const running = new Run(schedule, bundle, origin, place)
  // a frozen process would stay for ever
  const cleanUp = (): void => {
    running.cluster.killAll()
    place.close()
  }
  process.once('exit', cleanUp)
  try {
    await running.play()
  } catch (err) {
    running.failed(`the run broke off: ${(err as Error).stack ?? String(err)}; ${messageOf((err as Error).cause ?? '')}`)
  } finally {
    await running.cluster.end()
    place.close()
    await origin.stop()
    process.off('exit', cleanUp)
  }
  return running.judge()
}

class Run {
  readonly cluster: Cluster
  readonly #schedule: Schedule
  readonly #origin: ChaosOrigin
  readonly #player: Player
  readonly #log: string[] = []
  readonly #failures: string[] = []
  readonly #figures: Record<string, number> = {}
  readonly #begin = now()
  /** From the end of the last fault until the members are stopped. */
  #quietFrom = Infinity
  #quietTo = Infinity
  readonly #pauses = watchOwnPauses()

  constructor (schedule: Schedule, bundle: string, origin: ChaosOrigin, place: ProxyPlace | LanPlace) {
    this.#schedule = schedule
    this.#origin = origin
    const log = (what: string): void => { this.#log.push(`${this.#time(now())} ${what}`) }
    this.cluster = new Cluster({ schedule, place, bundle, origin: origin.path, log })
    this.#player = new Player({ cluster: this.cluster, place, origin, log })
  }

  failed (what: string): void {
    this.#failures.push(what)
  }

  async play (): Promise<void> {
    const { warmUp, quiet, faults } = this.#schedule
    await this.cluster.begin()
    await delay(warmUp)
    await this.#player.play(faults)
    await this.#agree()
    await delay(quiet)
    await this.#sweep()
    this.#quietTo = now()
    // all at once, as when a service is taken down
    await Promise.all(this.cluster.up.map(life => this.cluster.stop(life)))
  }

  /** Waits until all see each other. */
  async #agree (): Promise<void> {
    this.#quietFrom = now()
    const { up } = this.cluster
    const expected = up.map(({ peerId }) => peerId).sort().join()
    const isAgreed = (): boolean => up.every(life => [...seenBy(life)].sort().join() === expected)
    const isLate = (): boolean => now() - this.#quietFrom - standstillOfAny(up, this.#pauses, this.#quietFrom, now()) > AGREEMENT_TIME * 1e6
    await until(() => isAgreed() || isLate(), { timeout: AGREEMENT_LIMIT })
  }

  /** All see each other in time, and from then on until the members are stopped. */
  #judgeAgreement (views: Views): string[] {
    if (this.#quietTo === Infinity) return []
    const { lives } = this.cluster
    const last = views.agreements.find(({ from, to }) => from <= this.#quietTo && to >= this.#quietTo)
    const at = Math.max(last?.from ?? this.#quietTo, this.#quietFrom)
    const took = Math.round((at - this.#quietFrom - standstillOfAny(lives, this.#pauses, this.#quietFrom, at)) / 1e6)
    this.#figures['agreement'] = took
    this.#log.push(`${this.#time(at)} all see each other, ${took} ms after the last fault`)
    if (last !== undefined && took <= AGREEMENT_TIME) return []
    const names = (life: LifeRecord): string => [...seenBy(life, this.#quietTo)].map(id => views.life(id)?.name ?? id).sort().join()
    return [`${took} ms after the last fault the members do not see each other for good; before they stop ${views.runningWithin(this.#quietTo, this.#quietTo).map(life => `${life.name} sees ${names(life)}`).join('; ')}`]
  }

  /** All is removed; then what is read is what the origin has, everywhere. */
  async #sweep (): Promise<void> {
    const { up } = this.cluster
    await this.#inTime('the updates do not end', LONGEST_UPDATE, up.map(life => life.call('endUpdates')))
    await this.#inTime('the keys cannot be removed', LONGEST_UPDATE, GROUPS.flatMap(({ name, keys }) => up.map((life, i) => life.call('removeAll', name, keys.filter((_, of) => of % up.length === i)))))
    const sweptAt = now()
    await this.#inTime('the keys cannot be read', LONGEST_GET, up.map(life => life.call('sweep')))
    await this.#inTime('the gets do not end', LONGEST_GET, up.map(life => life.call('endGets')))
    for (const { name, number, reads } of up) {
      const swept = reads.filter(({ begin }) => begin > sweptAt)
      for (const { key, version } of swept) {
        if (version !== this.#origin.version(key)) this.failed(`at the end ${name} (process ${number}) reads version ${version} of ${key}, and the origin has ${this.#origin.version(key)}`)
      }
      const keys = new Set(swept.map(({ key }) => key))
      if (keys.size < GROUPS.length * GROUPS[0]!.keys.length) this.failed(`at the end ${name} (process ${number}) has read ${keys.size} keys only`)
    }
  }

  async #inTime (what: string, ms: number, work: ReadonlyArray<Promise<unknown>>): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => { reject(new Error(`${what} within ${ms} ms`)) }, ms) })
    try {
      await Promise.race([Promise.all(work), late])
    } catch (err) {
      await this.#logWaiting()
      throw err
    } finally {
      clearTimeout(timer)
    }
  }

  async #logWaiting (): Promise<void> {
    await Promise.all(this.cluster.up.map(async life => {
      const waiting = await life.call('waiting')
      this.#log.push(`${this.#time(now())} ${life.name} (process ${life.number}) waits for ${waiting.length} gets${waiting.slice(0, 10).map(get => `; ${get}`).join('')}`)
    }))
  }

  judge (): Outcome {
    const { lives } = this.cluster
    const { incidents } = this.#player
    const network = this.#pauses
    const views = new Views(lives)
    const sides = new Sides(views, incidents, network)
    const calm = calmTimes(views, incidents, lives, network)
    const time = (at: number): string => this.#time(at)
    const verdicts = [
      judgeReads({ lives, incidents, views, sides, origin: this.#origin, network, time }),
      judgeUpdates(lives, incidents, views, calm, network, time),
      judgeLoads(this.#origin.loads, lives, calm, time),
      judgeProcesses(lives, incidents, network, time)
    ]
    const disagreements = this.#judgeAgreement(views)
    const figures: Record<string, number> = { faults: incidents.length, ...this.#figures }
    for (const verdict of verdicts) Object.assign(figures, verdict.figures)
    const failures = [...this.#failures, ...this.cluster.failures, ...disagreements, ...verdicts.flatMap(verdict => verdict.failures)]
    for (const { name, number, views } of lives) for (const { at, kind, name: of, peerId } of views) this.#log.push(`${this.#time(at)} ${name} (process ${number}): ${kind} ${of} ${peerId.slice(-6)}`)
    this.#log.push(`0 the clock was at ${this.#begin / 1e6} ms`)
    for (const { name, number, updates } of lives) {
      for (const { kind, keys, begin, end, error } of updates) if (error !== undefined) this.#log.push(`${this.#time(end)} ${name} (process ${number}): ${kind} of ${keys[0]} begun at ${this.#time(begin)} failed: ${error.name}: ${error.message}`)
    }
    if (process.env['DEBUG'] !== undefined) for (const { name, number, stderr } of lives) writeFileSync(`chaos-${name}-${number}.log`, stderr)
    return { failures, figures, log: this.#log.sort((a, b) => parseFloat(a) - parseFloat(b)) }
  }

  /** Seconds since the beginning. */
  #time (at: number): string {
    return ((at - this.#begin) / 1e9).toFixed(3)
  }
}

function delay (ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}
