// A connection between two members of one process: two ends, and what is on its way between them. As with TCP, bytes
// arrive in order and in a later turn of the event loop, an end that does not read holds the other one up, and where
// the cable is cut nothing is lost: it waits until the cable is mended, or until one end has given up.

import { AbstractMultiaddrConnection } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Host } from './host.js'
import type { Logger, MessageStreamDirection } from '@libp2p/interface'
import type { SendResult } from '@libp2p/utils'
import type { Uint8ArrayList } from 'uint8arraylist'

/** Bytes on their way to one end; past it the other one has to wait. */
const MAX_ON_THE_WAY = 1024 * 1024

type Arrival = Uint8Array | 'close'

export interface WireInit {
  from: Host
  to: Host
  /** Whether anything gets through just now. */
  isOpen: () => boolean
  log: Logger
  onEnd: (wire: Wire) => void
}

export class Wire {
  /** Of the one who dialled, and of the one who was dialled. */
  readonly ends: readonly [WireEnd, WireEnd]

  constructor ({ from, to, isOpen, log, onEnd }: WireInit) {
    const dialler = new WireEnd({ host: from, remote: to.address, direction: 'outbound', isOpen, log })
    // nobody listens there: it tells who it is only
    const dialled = new WireEnd({ host: to, remote: `${from.address}-dialling`, direction: 'inbound', isOpen, log })
    dialler.peer = dialled
    dialled.peer = dialler
    this.ends = [dialler, dialled]
    for (const end of this.ends) end.addEventListener('close', () => { if (this.ends.every(({ status }) => status !== 'open')) onEnd(this) })
  }

  /** What waited may go on its way. */
  resume (): void {
    for (const end of this.ends) end.schedule()
  }

  /** Both ends are told that the connection was reset. */
  reset (): void {
    for (const end of this.ends) end.isCut = true
    for (const end of this.ends) setImmediate(() => { if (end.status === 'open') end.onRemoteReset() })
  }

  /** The process of `host` is gone: the other end is told of the end, as by a kernel; this one notices nothing. */
  orphan (host: Host): void {
    for (const end of this.ends) {
      if (end.host !== host) continue
      end.peer.arrive('close')
      end.isCut = true
    }
  }
}

interface WireEndInit { host: Host, remote: string, direction: MessageStreamDirection, isOpen: () => boolean, log: Logger }

export class WireEnd extends AbstractMultiaddrConnection {
  readonly host: Host
  /** Nothing leaves it any more. */
  isCut = false
  // set right after both were made
  peer!: WireEnd
  readonly #isOpen: () => boolean
  /** On its way to this end. */
  #arrivals: Arrival[] = []
  #bytes = 0
  #isReset = false
  #isScheduled = false

  constructor ({ host, remote, direction, isOpen, log }: WireEndInit) {
    super({ remoteAddr: multiaddr(remote), direction, log })
    this.host = host
    this.#isOpen = isOpen
  }

  // ---- called by libp2p ----

  override sendData (data: Uint8ArrayList): SendResult {
    const sentBytes = data.byteLength
    // a copy: the two members do not share memory
    if (!this.isCut) this.peer.arrive(data.slice())
    return { sentBytes, canSendMore: this.isCut || this.peer.#bytes < MAX_ON_THE_WAY }
  }

  override async sendClose (): Promise<void> {
    if (!this.isCut) this.peer.arrive('close')
  }

  override sendReset (): void {
    if (this.isCut) return
    this.peer.#arrivals = []
    this.peer.#bytes = 0
    // reached through the queue, so that it waits where the cable is cut
    this.peer.#isReset = true
    this.peer.schedule()
  }

  override sendPause (): void {}

  override sendResume (): void { this.schedule() }

  // ---- called by the wire ----

  arrive (what: Arrival): void {
    this.#arrivals.push(what)
    if (what !== 'close') this.#bytes += what.byteLength
    this.schedule()
  }

  schedule (): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    setImmediate(() => {
      this.#isScheduled = false
      this.#deliver()
    })
  }

  #deliver (): void {
    if (!this.#isOpen()) return
    if (this.#isReset) {
      if (this.status === 'open') this.onRemoteReset()
      return
    }
    while (this.#arrivals.length > 0 && this.readStatus !== 'paused') {
      const next = this.#arrivals.shift()
      if (next === 'close') this.onTransportClosed()
      else if (next !== undefined) {
        this.#bytes -= next.byteLength
        this.onData(next)
      }
    }
    if (this.peer.writableNeedsDrain && this.#bytes < MAX_ON_THE_WAY) this.peer.safeDispatchEvent('drain')
  }
}
