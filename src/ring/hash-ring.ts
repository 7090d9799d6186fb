// Who owns a key, and who comes after it. A ring by its purpose, as in consistent hashing; by its make it is
// rendezvous hashing over slots: the owner of a slot is the member that it is nearest to.

import { bearingOf, distanceOf, rankOf, slotOf, SLOTS } from './distance.js'

export interface RingPeer {
  /** Tells members apart; breaks ties. */
  readonly id: string
  /** Decides which keys are its own, so a restart under the same name gets the same keys. */
  readonly name: string
  readonly weight: number
}

/** Up to so many peers, asking each is as quick as looking up what was found before. */
const FEW_PEERS = 8
/** A cell of the table has 16 bits for a number of places. */
const MAX_PLACES = 0xffff
const NOBODY = -1
/** One slot in so many is looked at for the peers' shares. */
const COUNTED_SLOT = 128

/**
 * The ring is a function of the set of its peers: what order they came in does not matter. Each slot ranks
 * all peers by distance, and none of the distances depends on who else is there; so a peer that joins takes slots
 * over and moves none between others, and the successor in a slot is who owns it when the owner goes.
 *
 * A change costs next to nothing. What it changes in a slot is found at the first look-up of that slot.
 */
export class HashRing {
  readonly #peers = new Map<string, { readonly peer: RingPeer, readonly place: number }>()
  /** By place: the peers in the order that they came in; undefined where one has gone. */
  #places: Array<RingPeer | undefined> = []
  /** By place, too. */
  #offsets: number[] = []
  #factors: number[] = []
  /** 1 / weight; Infinity where a peer has gone. */
  #stretches: number[] = []
  /** By slot: how many places have been looked at, × 2¹⁶, and which of them the slot is nearest to. */
  #cells: Uint32Array | undefined

  get size (): number {
    return this.#peers.size
  }

  has (id: string): boolean {
    return this.#peers.has(id)
  }

  /** The ring as it is now, for a few look-ups later: by {@link owners}, which needs no table. */
  copy (): HashRing {
    const copy = new HashRing()
    for (const { peer } of this.#peers.values()) copy.#settle(peer)
    return copy
  }

  /** @returns whether the ring is another one now */
  addPeer ({ id, name, weight }: RingPeer): boolean {
    const known = this.#peers.get(id)?.peer
    if (known !== undefined && known.name === name && known.weight === weight) return false
    this.removePeer(id)
    this.#settle({ id, name, weight })
    return true
  }

  /** @returns whether the ring is another one now */
  removePeer (id: string): boolean {
    const known = this.#peers.get(id)
    if (known === undefined) return false
    this.#peers.delete(id)
    this.#places[known.place] = undefined
    this.#stretches[known.place] = Infinity
    if (this.#places.length > 2 * (this.size + FEW_PEERS)) this.#closeUp()
    if (this.size <= FEW_PEERS) this.#cells = undefined
    return true
  }

  /** The peer that owns what hashes to `hash`; undefined on an empty ring. */
  owner (hash: number): string | undefined {
    const slot = slotOf(hash)
    const count = this.#places.length
    if (this.size <= FEW_PEERS || count > MAX_PLACES) return this.#places[this.#nearest(slot)]?.id
    const cells = this.#cells ??= new Uint32Array(SLOTS)
    const cell = cells[slot] as number
    const seen = cell >>> 16
    const found = this.#places[cell & MAX_PLACES]
    if (seen === count && found !== undefined) return found.id
    const nearest = seen === 0 || found === undefined ? this.#nearest(slot) : this.#nearest(slot, seen, cell & MAX_PLACES)
    cells[slot] = count << 16 | nearest
    return this.#places[nearest]?.id
  }

  /** The `count` nearest peers: the owner, its successor, and so on. Each is the owner when those before it have gone. */
  owners (hash: number, count: number): string[] {
    const slot = slotOf(hash)
    const found: number[] = []
    while (found.length < Math.min(count, this.size)) found.push(this.#nearest(slot, 0, NOBODY, found))
    return found.map(place => (this.#places[place] as RingPeer).id)
  }

  /** Which part of the hashes each peer owns, from 0 to 1: counted over some of the slots, which takes milliseconds. */
  shares (): Map<string, number> {
    const shares = new Map([...this.#peers.keys()].map(id => [id, 0]))
    for (let slot = 0; slot < SLOTS && this.size > 0; slot += COUNTED_SLOT) {
      const { id } = this.#places[this.#nearest(slot)] as RingPeer
      shares.set(id, (shares.get(id) as number) + COUNTED_SLOT / SLOTS)
    }
    return shares
  }

  /** The nearest of `best` and the places from `first` on, without those that are `taken`. */
  #nearest (slot: number, first = 0, best = NOBODY, taken?: readonly number[]): number {
    const offsets = this.#offsets
    const factors = this.#factors
    const stretches = this.#stretches
    let least = best === NOBODY ? Number.MAX_VALUE : this.#distance(slot, best)
    for (let place = first; place < offsets.length; place++) {
      const rank = rankOf(slot, offsets[place] as number, factors[place] as number)
      const stretch = stretches[place] as number
      // a distance is no less than its rank, and costs more to find
      if (rank * stretch > least) continue
      const distance = distanceOf(rank) * stretch
      const isNearer = distance < least || (distance === least && this.#isBefore(place, best))
      if (!isNearer || taken?.includes(place) === true) continue
      least = distance
      best = place
    }
    return best
  }

  #distance (slot: number, place: number): number {
    return distanceOf(rankOf(slot, this.#offsets[place] as number, this.#factors[place] as number)) * (this.#stretches[place] as number)
  }

  /** Settles a tie: the smaller name, then the smaller id. */
  #isBefore (place: number, other: number): boolean {
    const [a, b] = [this.#places[place], this.#places[other]] as [RingPeer, RingPeer]
    return a.name < b.name || (a.name === b.name && a.id < b.id)
  }

  #settle (peer: RingPeer): void {
    const { offset, factor } = bearingOf(peer.name)
    this.#peers.set(peer.id, { peer, place: this.#places.length })
    this.#places.push(peer)
    this.#offsets.push(offset)
    this.#factors.push(factor)
    this.#stretches.push(1 / peer.weight)
  }

  /** Gives up the places of those who have gone, and all that was found before. */
  #closeUp (): void {
    const peers = [...this.#peers.values()]
    this.#places = []
    this.#offsets = []
    this.#factors = []
    this.#stretches = []
    this.#cells = undefined
    for (const { peer } of peers) this.#settle(peer)
  }
}
