// Gossip as gossipsub spreads it: to the author's peers at once, from each to those of its mesh, and what got
// lost by offers to others at each heartbeat.

import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { Connections } from './connections.js'
import type { Scheduler } from '../sim/sim-clock.js'
import type { SimProcess } from './sim-process.js'
import type { Weathers } from './weather.js'

export interface Message {
  readonly author: string
  readonly news: MemberRecord
  readonly seen: Set<SimProcess>
}

/** The mesh degree: aimed at, at least, at most; and how many others are offered what one has. */
const DEGREE = 3
const LOW = 2
const HIGH = 4
const LAZY = 2
const HEARTBEAT = 1_000
/** Messages are offered for so long. */
const OFFERED_FOR = 3_000
/** A connection carries gossip once it is so old. */
const LINK_AFTER = 700
/** An author sends to all its peers, unless there are more than so many: then to its mesh, which bounds the work. */
const FLOOD_UP_TO = 100
const MOST_LATE = 5_000
/** Attempts to find a peer that will do, by picking any. */
const TRIES = 8

export interface GossipInit {
  scheduler: Scheduler
  weathers: Weathers
  connections: Connections
  random: () => number
  onSent: () => void
}

export class Gossip {
  readonly #init: GossipInit

  constructor (init: GossipInit) {
    this.#init = init
  }

  /** Keeps up the mesh of a process for as long as it lives. */
  join (process: SimProcess): void {
    const { scheduler, random } = this.#init
    const beat = (): void => {
      this.#heartbeat(process)
      scheduler.after(HEARTBEAT, beat, process, 'timer')
    }
    scheduler.after(HEARTBEAT * random(), beat, process, 'timer')
  }

  publish (author: SimProcess, news: MemberRecord): void {
    const message: Message = { author: author.id, news, seen: new Set([author]) }
    author.recent.push({ message, at: this.#init.scheduler.now })
    const isFlood = author.ends.size <= FLOOD_UP_TO
    const to = isFlood ? [...author.ends.values()].filter(end => this.#carries(end.since)).map(({ there }) => there) : author.mesh.size > 0 ? author.mesh : this.#some(author, DEGREE)
    for (const peer of to) this.#send(author, peer, message)
  }

  #heartbeat (process: SimProcess): void {
    const { mesh } = process
    for (const peer of mesh) if (process.ends.get(peer.id)?.there !== peer) mesh.delete(peer)
    if (mesh.size < LOW) {
      for (const peer of this.#some(process, DEGREE - mesh.size)) this.#graft(process, peer)
    }
    while (mesh.size > HIGH) this.#prune(process, pick([...mesh], this.#init.random))
    if (process.recent.length > 0) this.#offer(process)
  }

  #graft (process: SimProcess, peer: SimProcess): void {
    process.mesh.add(peer)
    this.#control(process, peer, () => { peer.mesh.add(process) })
  }

  #prune (process: SimProcess, peer: SimProcess | undefined): void {
    if (peer === undefined) return
    process.mesh.delete(peer)
    this.#control(process, peer, () => { peer.mesh.delete(process) })
  }

  #control (process: SimProcess, peer: SimProcess, task: () => void): void {
    const end = process.ends.get(peer.id)
    if (end?.there === peer) this.#init.connections.send(end, true, task)
  }

  /** Tells a few others what it has (IHAVE); who does not have it asks for it (IWANT). */
  #offer (process: SimProcess): void {
    const { scheduler, weathers, connections } = this.#init
    process.recent = process.recent.filter(({ at }) => scheduler.now - at <= OFFERED_FOR)
    const isOrdered = weathers.weather.kind === 'stream'
    for (const peer of process.recent.length === 0 ? [] : this.#some(process, LAZY)) {
      const messages = process.recent.map(({ message }) => message)
      const offer = process.ends.get(peer.id)
      if (offer === undefined) continue
      connections.send(offer, isOrdered, () => {
        const wanted = messages.filter(({ seen }) => !seen.has(peer))
        const back = peer.ends.get(process.id)
        if (wanted.length === 0 || back === undefined) return
        connections.send(back, isOrdered, () => { for (const message of wanted) this.#send(process, peer, message) })
      })
    }
  }

  #send (from: SimProcess, to: SimProcess, message: Message): void {
    const { connections, weathers, onSent } = this.#init
    const end = from.ends.get(to.id)
    if (end?.there !== to || weathers.isDeaf(from.host, to.host)) return
    onSent()
    connections.send(end, weathers.weather.kind === 'stream', () => { this.#receive(to, from, message) })
  }

  #receive (process: SimProcess, from: SimProcess, message: Message): void {
    const { scheduler, weathers, random } = this.#init
    if (message.seen.has(process)) return
    message.seen.add(process)
    process.recent.push({ message, at: scheduler.now })
    for (const peer of process.mesh) if (peer !== from && peer.id !== message.author) this.#send(process, peer, message)
    process.membership.hear(message.author, message.news)
    if (weathers.isDuplicated()) scheduler.after(random() * MOST_LATE, () => { process.membership.hear(message.author, message.news) }, process)
  }

  #carries (since: number): boolean {
    return this.#init.scheduler.now - since >= LINK_AFTER
  }

  /** Peers that are not in the mesh, at random. */
  #some (process: SimProcess, count: number): SimProcess[] {
    const { random } = this.#init
    const found = new Set<SimProcess>()
    const will = (peer: SimProcess | undefined): peer is SimProcess => {
      if (peer === undefined || process.mesh.has(peer) || found.has(peer)) return false
      const end = process.ends.get(peer.id)
      return end?.there === peer && this.#carries(end.since)
    }
    // few are listed; of many, any is likely to do
    if (process.ends.size <= 20) {
      const all = [...process.ends.values()].map(({ there }) => there).filter(will)
      while (found.size < count && all.length > 0) found.add(all.splice(Math.floor(random() * all.length), 1)[0] as SimProcess)
    } else {
      for (let tries = count * TRIES; tries > 0 && found.size < count; tries--) {
        const peer = process.network.anyone()
        if (will(peer)) found.add(peer)
      }
    }
    return [...found]
  }
}

function pick<T> (from: readonly T[], random: () => number): T | undefined {
  return from[Math.floor(random() * from.length)]
}
