// Plays the faults of a schedule on a cluster, at their times, and notes when each of them really was.

import '../../src/promise-with-resolvers.js'
import { now } from '../support/history.js'
import { describe } from './fault.js'
import type { ChaosOrigin } from './chaos-origin.js'
import type { Cluster } from './cluster.js'
import type { Fault } from './fault.js'
import type { LifeRecord } from './life.js'
import type { Place } from './place.js'

/** A fault as it was: nanoseconds. */
export interface Incident { fault: Fault, from: number, to: number, /** The process it befell, if it was one. */ life?: LifeRecord }

export interface PlayerInit {
  cluster: Cluster
  place: Place
  origin: ChaosOrigin
  log: (what: string) => void
}

export class Player {
  readonly incidents: Incident[] = []
  readonly #init: PlayerInit
  /** By member. */
  readonly #underWay = new Map<string, Promise<void>>()

  constructor (init: PlayerInit) {
    this.#init = init
  }

  /** Resolves when all of them are over, and those who start again have. */
  async play (faults: readonly Fault[]): Promise<void> {
    const begin = performance.now()
    await Promise.all(faults.map(async fault => {
      await delay(fault.at - (performance.now() - begin))
      // a process may have taken longer to start, or to stop, than was planned
      const earlier = 'member' in fault ? this.#underWay.get(fault.member) : undefined
      const done = Promise.withResolvers<void>()
      if ('member' in fault) this.#underWay.set(fault.member, done.promise)
      await earlier
      this.#init.log(`${fault.kind}: ${describe(fault)}`)
      const incident: Incident = { fault, from: now(), to: Infinity }
      this.incidents.push(incident)
      await this.#strike(fault, incident)
      incident.to = now()
      done.resolve()
      if (fault.until > fault.at) this.#init.log(`over: ${fault.kind} ${describe(fault)}`)
    }))
  }

  async #strike (fault: Fault, incident: Incident): Promise<void> {
    const { cluster, place, origin } = this.#init
    const lasts = (end: () => void): Promise<void> => delay(fault.until - fault.at).then(end)
    switch (fault.kind) {
      case 'kill':
        cluster.kill(fault.member)
        if (!fault.isBack) return
        await lasts(() => {})
        return cluster.start(fault.member, fault.keepsAddress)
      case 'freeze': return this.#freeze(fault.member, fault.until - fault.at, incident)
      case 'stall': return this.#stall(fault.member, fault.until - fault.at, incident)
      case 'restart':
        await this.#leave(fault.member)
        await delay(fault.pause)
        return cluster.start(fault.member, fault.keepsAddress)
      case 'join': return cluster.start(fault.member, true)
      case 'leave': return this.#leave(fault.member)
      case 'slow loader': return lasts(origin.slowDown(fault.part, fault.delay))
      case 'failing loader': return lasts(origin.fail(fault.part))
      case 'reset': return place.reset(fault.links)
      case 'truncate': return place.truncate(fault.links, fault.bytes)
      case 'flip':
        for (const [from, to] of fault.links) place.flows.between(from, to).flipNext()
        return
      case 'delay': return lasts(together(fault.links.map(([from, to]) => place.flows.between(from, to).slow(fault.delay))))
      case 'blackhole': return lasts(together(fault.links.map(([from, to]) => place.flows.between(from, to).impede(fault.mode))))
      case 'partition': {
        const others = cluster.up.map(({ name }) => name).filter(name => !fault.side.includes(name))
        return lasts(place.part(fault.side, others))
      }
    }
  }

  async #freeze (member: string, ms: number, incident: Incident): Promise<void> {
    const life = this.#init.cluster.life(member)
    if (life === undefined) return
    incident.life = life
    life.signal('SIGSTOP')
    await Promise.race([delay(ms), life.exited])
    life.signal('SIGCONT')
  }

  async #stall (member: string, ms: number, incident: Incident): Promise<void> {
    const life = this.#init.cluster.life(member)
    if (life === undefined) return
    incident.life = life
    try {
      await life.call('stall', ms)
    } catch (err) {
      if (life.endOrder !== 'kill') throw err
    }
  }

  async #leave (member: string): Promise<void> {
    const life = this.#init.cluster.life(member)
    if (life !== undefined) await this.#init.cluster.stop(life)
  }
}

function together (ends: Array<() => void>): () => void {
  return () => { for (const end of ends) end() }
}

function delay (ms: number): Promise<void> {
  return new Promise(resolve => { setTimeout(resolve, ms) })
}
