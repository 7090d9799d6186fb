// The streams on which this node asks others: one per peer, opened when first needed.

import { NotStartedError, TimeoutError } from '@libp2p/interface'
import { within } from '../clock.js'
import { CONNECT_PAUSE, CONNECT_TIMEOUT, MAX_PENDING_REQUESTS } from '../constants.js'
import { ConnectionLostError, OverloadedError, PeerUnreachableError, messageOf } from '../errors.js'
import { isRefusal } from './dialler.js'
import { Requester } from './requester.js'
import { saveWindowUpdates } from './window-updates.js'
import type { Clock } from '../clock.js'
import type { Observer } from '../observer.js'
import type { Conduct } from './conduct.js'
import type { Contacts } from './contacts.js'
import type { Dialler } from './dialler.js'
import type { Rooms } from './rooms.js'
import type { Logger, PeerId, Stream } from '@libp2p/interface'

export interface LinksInit {
  protocol: string
  /** How long a peer may stay silent with a request open, and for how long it is left alone then. */
  timeout: number
  dialler: Pick<Dialler, 'openStream'>
  contacts: Contacts
  conduct: Conduct
  clock: Clock
  observer?: Observer | undefined
  rooms?: Rooms | undefined
  log: Logger
  /** A peer was silent for too long; its stream is closed. */
  onSilence: (peer: PeerId, err: Error) => void
  /** A stream has ended. @param contactAt - when the newest request was sent that was answered on it */
  onEnd: (id: string, contactAt: number) => void
}

type Link =
  | { state: 'opening', requester: Promise<Requester>, waiting: number, giveUp: (reason: Error) => void }
  | { state: 'open', requester: Requester }
  | { state: 'failed', error: Error }

export class Links {
  readonly #init: LinksInit
  readonly #links = new Map<string, Link>()
  readonly #reaching = new Map<string, Promise<Requester>>()
  #isStarted = false

  constructor (init: LinksInit) {
    this.#init = init
  }

  get isStarted (): boolean {
    return this.#isStarted
  }

  start (): void {
    this.#isStarted = true
  }

  /** Rejects what is pending. */
  stop (reason: Error): void {
    this.#isStarted = false
    const links = [...this.#links.values()]
    // those that are being opened see that they are not wanted any more
    this.#links.clear()
    for (const link of links) {
      if (link.state === 'open') link.requester.close(reason)
    }
  }

  /** The asking end of the stream to a peer, where there is one. */
  open (id: string): Requester | undefined {
    const link = this.#links.get(id)
    return link?.state === 'open' ? link.requester : undefined
  }

  /** Peers that there is a stream to. */
  opened (): string[] {
    return [...this.#links].flatMap(([id, { state }]) => state === 'open' ? [id] : [])
  }

  /** The asking end of the stream to a peer, which is opened where there is none. @throws PeerUnreachableError, OverloadedError when too many wait for it */
  async requester (peer: PeerId): Promise<Requester> {
    if (!this.#isStarted) throw new NotStartedError('the node is not started, or was stopped')
    const id = peer.toString()
    const link = this.#links.get(id)
    if (link?.state === 'open') return link.requester
    if (link?.state === 'opening') {
      if (link.waiting >= MAX_PENDING_REQUESTS) throw new OverloadedError(`${link.waiting} requests wait for the stream to one peer`)
      link.waiting++
      return link.requester
    }
    if (link?.state === 'failed') throw link.error
    const givenUp = Promise.withResolvers<never>()
    const requester = Promise.race([this.#connect(peer, id, () => this.#links.get(id) === opening), givenUp.promise])
    const opening: Link = { state: 'opening', waiting: 1, requester, giveUp: givenUp.reject }
    this.#links.set(id, opening)
    return requester
  }

  /**
   * As {@link requester}, but a peer that was given up is tried all the same, unnoticed by those who ask it for
   * values meanwhile: they are better served elsewhere than by waiting.
   */
  reach (peer: PeerId): Promise<Requester> {
    const id = peer.toString()
    if (this.#links.get(id)?.state !== 'failed') return this.requester(peer)
    const underWay = this.#reaching.get(id)
    if (underWay !== undefined) return underWay
    const reached = this.#connect(peer, id, () => this.#isStarted && (this.#links.get(id)?.state ?? 'failed') === 'failed').finally(() => { this.#reaching.delete(id) })
    this.#reaching.set(id, reached)
    return reached
  }

  /** Ends the stream to a peer, also one that is being opened: who waits for that waits no longer. */
  part (id: string, reason: Error): void {
    const link = this.#links.get(id)
    if (link?.state === 'open') link.requester.close(reason)
    if (link?.state !== 'opening') return
    // what it comes to is not wanted any more
    this.#links.delete(id)
    link.giveUp(reason)
  }

  /** Gives a peer up: for `timeout` it is not asked, unless it is connected again. */
  cut (id: string, reason: Error): void {
    const requester = this.open(id)
    // first: what is rejected below finds it so, and the end of a link that is none any more is no news
    this.#avoid(id, new PeerUnreachableError(id, reason.message, reason), this.#init.timeout)
    requester?.close(reason)
  }

  /** A peer is connected again: whatever it failed at before, it may be asked. */
  reconnected (id: string): void {
    this.#init.contacts.reached(id)
    if (this.#links.get(id)?.state === 'failed') this.#links.delete(id)
  }

  /** Has requests to a peer fail at once for a while, so that they go elsewhere instead of waiting in vain. */
  #avoid (id: string, error: Error, ms: number): void {
    const link: Link = { state: 'failed', error }
    this.#links.set(id, link)
    this.#init.clock.setTimeout(() => { if (this.#links.get(id) === link) this.#links.delete(id) }, ms)
  }

  /** @param isWanted - the peer was not cut off, nor this node stopped, while its stream was being opened */
  async #connect (peer: PeerId, id: string, isWanted: () => boolean): Promise<Requester> {
    const stream = await this.#openStream(peer, id, isWanted)
    if (!isWanted()) {
      const link = this.#links.get(id)
      const err = link?.state === 'failed' ? link.error : new ConnectionLostError(this.#isStarted ? 'the peer was given up' : 'this node was stopped')
      stream.abort(err)
      throw err
    }
    this.#init.contacts.reached(id)
    saveWindowUpdates(stream)
    const requester = this.#requesterOn(stream, peer, id)
    this.#links.set(id, { state: 'open', requester })
    return requester
  }

  async #openStream (peer: PeerId, id: string, isWanted: () => boolean): Promise<Stream> {
    const { dialler, protocol, timeout, contacts, clock } = this.#init
    const patience = Math.min(timeout, CONNECT_TIMEOUT)
    const start = clock.now()
    try {
      return await inTime(clock, 2 * patience, dialler.openStream(peer, protocol, { timeout: patience }))
    } catch (err) {
      const refused = isRefusal(err)
      if (refused) contacts.refused(id)
      const error = new PeerUnreachableError(id, messageOf(err), err, refused)
      // who did not answer for so long is frozen, or cut off: the next one to ask is not to wait as long
      if (isWanted()) this.#avoid(id, error, clock.now() - start < patience ? CONNECT_PAUSE : timeout)
      throw error
    }
  }

  #requesterOn (stream: Stream, peer: PeerId, id: string): Requester {
    const { clock, timeout, observer, rooms, log, conduct, onSilence, onEnd } = this.#init
    const requester: Requester = new Requester({
      stream,
      peer: id,
      clock,
      timeout,
      observer,
      rooms,
      onClose: err => {
        log('stream to %s closed - %e', id, err)
        if (requester.contactAt !== undefined) onEnd(id, requester.contactAt)
        if (this.open(id) !== requester) return
        this.#links.delete(id)
        conduct.noteViolation(id, err)
        // a peer that was silent for so long will not answer on another stream either
        if (err.name === 'TimeoutError') onSilence(peer, err)
      }
    })
    return requester
  }
}

/** All that opening a stream does has a time of its own, as far as libp2p keeps to it; who waits for the stream is not to rely on that. */
async function inTime (clock: Clock, ms: number, opening: Promise<Stream>): Promise<Stream> {
  let isLate = false
  try {
    return await within(clock, ms, opening, () => {
      isLate = true
      throw new TimeoutError(`no stream within ${ms} ms`)
    })
  } finally {
    if (isLate) opening.then(stream => { stream.abort(new TimeoutError('it was opened too late')) }, () => { /* who waited for it has been told */ })
  }
}
