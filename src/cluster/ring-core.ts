// What a node is once one knows who the members are and how to reach them: the ring, requests, and the
// coherence of what members hold. Apart from the network, so that it also runs in virtual time.

import { Coherence } from '../coherence/coherence.js'
import { ConnectionLostError, GroupNotFoundError, PeerUnreachableError } from '../errors.js'
import { toKeep } from '../rpc/ask.js'
import { Conduct } from '../rpc/conduct.js'
import { peerIdOf } from '../rpc/addresses.js'
import { Rpc } from '../rpc/rpc.js'
import { SERVE, isTraced } from '../tracing.js'
import { probing } from './gossip.js'
import { HandOver } from './hand-over.js'
import { NameCheck } from './name-check.js'
import { RingPeers } from './ring-peers.js'
import { Roster } from './roster.js'
import { RpcNetwork } from './rpc-network.js'
import type { GroupServer } from '../group/peers.js'
import type { Member } from '../interface/member.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { HandOverProgress } from '../interface/hand-over.js'
import type { ServedValue } from '../rpc/ask.js'
import type { Offer } from '../rpc/offer-exchange.js'
import type { RpcInit } from '../rpc/rpc-init.js'
import type { MakeOffers } from './hand-over.js'
import type { NameCheckInit } from './name-check.js'
import type { RosterInit } from './roster.js'
import type { View } from './view.js'
import type { PeerId } from '@libp2p/interface'

export interface RingCoreInit extends RosterInit {
  self: MemberRecord
  /** From 0 to 1, as Math.random. */
  random: () => number
  /** Milliseconds that a member has to answer when another one wants to know whether it does. */
  probeTimeout: number
  observer?: RpcInit['observer']
  rpc: Omit<RpcInit, 'handler' | 'conduct' | 'onPeer' | 'clock' | 'observer'>
  makeOffers: MakeOffers
  onHandOver: (progress: HandOverProgress) => void
  onNameChecked: NameCheckInit['onAnswer']
  /** A peer is refused, for what it did: nothing is to be left of it. */
  onRefused?: (id: string) => void
  /** It may be a member again. */
  onReadmitted?: (id: string) => void
}

export class RingCore {
  readonly roster: Roster
  readonly rpc: Rpc
  readonly conduct: Conduct
  readonly peers: RingPeers
  readonly handOver: HandOver
  readonly names: NameCheck
  readonly #init: RingCoreInit
  readonly #coherence: Coherence

  constructor (init: RingCoreInit) {
    this.#init = init
    const { self: { id: self }, clock, random, groups, rpc: { log } } = init
    this.conduct = new Conduct({
      clock,
      log: (format, ...args) => { log.error(format, ...args) },
      onRefused: id => { this.#refuse(id) },
      onReadmitted: id => { init.onReadmitted?.(id) }
    })
    const mayJoin = (id: string): boolean => init.mayJoin?.(id) !== false && !this.conduct.isRefused(id)
    this.roster = new Roster({ ...init, mayJoin, onMember: (kind, member) => { this.#onMember(kind, member) }, onRing: () => { this.#onRing() } })
    const { view, past } = this.roster
    this.rpc = new Rpc({
      ...init.rpc,
      conduct: this.conduct,
      clock,
      observer: init.observer,
      handler: {
        get: (peer, group, key, ask, caller, carrier = {}) => {
          const serve = (): ServedValue => this.#group(group).serve(key, ask, caller)
          return isTraced(SERVE) ? SERVE.tracePromise(async () => toKeep(serve()), { peer, group, key, ask, carrier }) : serve()
        },
        remove: (_peer, ticket, removal, hop) => this.#coherence.serveRemove(ticket, removal, hop),
        set: (_peer, ticket, replacement, hop) => this.#coherence.serveSet(ticket, replacement, hop),
        forget: (peer, ticket, removal) => this.#coherence.serveForget(peer, ticket, removal),
        catchUp: (_peer, elapsed) => this.#coherence.serveCatchUp(elapsed),
        probe: (_peer, id) => this.#probe(id)
      },
      onPeer: id => this.#coherence.onPeer(id)
    })
    const network = new RpcNetwork(self, view, this.rpc)
    this.#coherence = new Coherence({ network, groups, group: name => this.#group(name), clock, random, log })
    this.peers = new RingPeers({ self, view, rpc: this.rpc, coherence: this.#coherence, past })
    const ping = (id: string): Promise<void> => this.rpc.ping(view.peerId(id))
    this.names = new NameCheck({ self, name: init.self.name, view, ping, onAnswer: init.onNameChecked, clock, log })
    this.handOver = new HandOver({
      self,
      groups,
      owner: key => view.owner(key),
      hasOthers: () => view.size > 1,
      makeOffers: init.makeOffers,
      touch: id => this.peers.touch(id),
      onProgress: init.onHandOver,
      clock,
      log
    })
  }

  get view (): View {
    return this.roster.view
  }

  /** From now on gets are answered. */
  open (): void {
    this.peers.isOpen = true
    this.#coherence.start()
    this.roster.past.start()
  }

  close (): void {
    this.peers.isOpen = false
    this.#coherence.stop()
    this.roster.past.stop()
    this.handOver.stop()
    this.names.clear()
    this.conduct.clear()
  }

  #onMember (kind: 'join' | 'leave' | 'fail', member: Member): void {
    this.names.check()
    if (kind === 'join') this.#coherence.onJoin(member.peerId.toString())
    else this.#lose(member.peerId, kind)
    this.#init.onMember(kind, member)
  }

  /**
   * From now on a member is told of nothing, although its streams may be open still: 1. it is taken for dead,
   * being cut off; 2. a key is removed; 3. it is back, before anybody noticed that a stream was dead. One that leaves may be asked once
   * more, for it loads what it was asked for; who waits for one that was given up goes elsewhere.
   */
  #lose (peer: PeerId, how: 'leave' | 'fail'): void {
    const id = peer.toString()
    this.rpc.part(peer, how === 'leave' ? new ConnectionLostError('it left the ring') : new PeerUnreachableError(id, 'it was given up'))
    this.#coherence.onLost(id)
  }

  /** It is off the ring here until it may come back: its keys have their next owner meanwhile, and it is told and asked nothing. */
  #refuse (id: string): void {
    this.rpc.part(peerIdOf(id), new ConnectionLostError('it is refused, for what it sent'))
    this.roster.drop(id, 'fail')
    this.#init.onRefused?.(id)
  }

  /** Others had taken this node for dead. */
  givenUp (): void {
    this.#coherence.onGivenUp()
  }

  /** What a member offers that this node owns now. @throws GroupNotFoundError @throws PeerUnreachableError when it is no member */
  async take (from: string, { group, keys }: Offer): Promise<boolean[]> {
    if (this.view.get(from) === undefined) throw new PeerUnreachableError(from, 'it is no member')
    return this.#group(group).adopt(keys)
  }

  #onRing (): void {
    this.names.check()
    if (this.peers.isOpen) this.handOver.ringChanged()
    this.#coherence.onRingChange()
    this.#init.onRing()
  }

  /** On behalf of a member that does not hear another one. Strangers are not looked for. */
  async #probe (id: string): Promise<boolean> {
    return this.view.get(id) !== undefined && probing(this.rpc, this.view).ping(id, this.#init.probeTimeout)
  }

  #group (name: string): GroupServer {
    const group = this.#init.groups.get(name)
    if (group === undefined) throw new GroupNotFoundError(name)
    return group
  }
}
