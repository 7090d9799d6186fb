// Discovery of the processes of this machine only: multicast DNS that never leaves the loopback interface.

import { isLoopback } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import multicastDns from 'multicast-dns'
import { createSocket } from 'node:dgram'
import { systemClock } from '../clock.js'
import { durationOption, optionsObject } from '../validation.js'
import { Introductions } from './introductions.js'
import { serviceTag } from './service-tag.js'
import { Throttle } from './throttle.js'
import type { Clock, Timer } from '../clock.js'
import type { Discovery, DiscoveryContext, DiscoverySource } from '../interface/groupcache.js'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { MulticastDNS, ResponsePacket } from 'multicast-dns'

export interface HostInit {
  /** Milliseconds between two queries, once the first second is over. @default 5_000 */
  interval?: number | undefined
  /** For tests. @default the process's own */
  clock?: Clock | undefined
}

const LOOPBACK = '127.0.0.1'
/** Of multicast DNS, RFC 6762 §5. */
const PORT = 5353
/** A TXT string holds 255 bytes. */
const MAX_TXT_BYTES = 255
/** Queries of a fresh node: processes that start together hear each other at the second one at the latest. */
const FIRST_QUERIES = [0, 100, 300, 600, 1_000] as const
/** Between two answers of one node, RFC 6762 §6: everybody hears each of them. */
const ANSWER_INTERVAL = 1_000

/**
 * Finds the nodes of the same cluster in other processes of this machine: PM2, node:cluster, tests,
 * demos. Nothing leaves the loopback interface, and only addresses reachable on this machine are told.
 */
export function host (init: HostInit = {}): Discovery {
  const known = optionsObject<HostInit>('host options', init, ['interval', 'clock'])
  const interval = durationOption('host interval', known.interval, 5_000)
  return context => new Host(context, interval, known.clock ?? systemClock)
}

class Host implements DiscoverySource {
  readonly #context: DiscoveryContext
  readonly #interval: number
  readonly #clock: Clock
  readonly #tag: string
  readonly #introductions: Introductions
  readonly #answers: Throttle
  /** Somebody asked since this node's last turn to do so: the answers are for all. */
  #isAsked = false
  /** Somebody else has. */
  #isAnswered = false
  #socket: MulticastDNS | undefined
  #timer: Timer | undefined

  constructor (context: DiscoveryContext, interval: number, clock: Clock) {
    this.#context = context
    this.#interval = interval
    this.#clock = clock
    this.#tag = serviceTag(context.cluster)
    this.#introductions = new Introductions(context, clock)
    this.#answers = new Throttle(clock, ANSWER_INTERVAL, () => { this.#respond() })
  }

  start (): void {
    const { log } = this.#context
    this.#introductions.start()
    const udp = createSocket({ type: 'udp4', reuseAddr: true })
    const socket = multicastDns({ interface: LOOPBACK, bind: false, socket: udp })
    this.#socket = socket
    socket.on('query', ({ questions = [] }) => {
      if (!questions.some(({ name }) => name === this.#tag)) return
      this.#isAsked = true
      this.#answers.call()
    })
    socket.on('response', packet => { this.#onResponse(packet) })
    socket.on('warning', err => { log('mDNS on loopback - %e', err) })
    socket.on('error', err => { log.error('mDNS on loopback failed - %e', err) })
    // workers of node:cluster would share one socket, and each packet would reach one of them
    udp.bind({ port: PORT, address: '0.0.0.0', exclusive: true })
    // who is there already learns of us at once, not at its next query
    this.#answers.call()
    this.#query(0)
  }

  async stop (): Promise<void> {
    this.#introductions.stop()
    this.#answers.stop()
    if (this.#timer !== undefined) this.#clock.clearTimeout(this.#timer)
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined) await new Promise<void>(resolve => { socket.destroy(resolve) })
  }

  #query (count: number): void {
    // our own question comes back to us as well
    if (!this.#isAsked || count < FIRST_QUERIES.length) this.#socket?.query({ questions: [{ name: this.#tag, type: 'PTR' }] })
    this.#isAsked = false
    if (count + 1 >= FIRST_QUERIES.length && !this.#isAnswered) this.#context.log('no other process of this machine has answered yet for cluster "%s"', this.#context.cluster)
    const pause = count + 1 < FIRST_QUERIES.length ? (FIRST_QUERIES[count + 1] as number) - (FIRST_QUERIES[count] as number) : this.#interval
    this.#timer = this.#clock.setTimeout(() => { this.#query(count + 1) }, pause)
  }

  #respond (): void {
    const name = `${this.#context.peerId.toString()}.${this.#tag}`
    const addresses = this.#context.addresses().filter(isLoopback).map(String).filter(text => text.length <= MAX_TXT_BYTES)
    if (addresses.length === 0) return
    this.#socket?.respond([
      { name: this.#tag, type: 'PTR', ttl: 120, data: name },
      { name, type: 'TXT', ttl: 120, data: addresses }
    ])
  }

  #onResponse (packet: ResponsePacket): void {
    const found = addressesIn(packet, this.#tag)
    // this node's own answer comes back to it as well
    this.#isAnswered ||= found.some(address => !address.toString().endsWith(`/p2p/${this.#context.peerId.toString()}`))
    this.#introductions.found(found)
  }
}

/** Where the nodes of a tag are, as a packet says. */
export function addressesIn ({ answers = [] }: ResponsePacket, tag: string): Multiaddr[] {
  if (!answers.some(answer => answer.type === 'PTR' && answer.name === tag)) return []
  return answers.flatMap(answer => {
    if (answer.type !== 'TXT' || !answer.name.endsWith(tag)) return []
    return [answer.data].flat().flatMap(text => parse(text.toString()))
  })
}

/** Anybody on this machine can send anything to the multicast group; only loopback addresses count. */
function parse (text: string): Multiaddr[] {
  try {
    const address = multiaddr(text)
    return isLoopback(address) ? [address] : []
  } catch {
    return []
  }
}
