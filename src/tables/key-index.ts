// Which slot a key is in: a hash table in columns of numbers.
//
// A Map of things that come and go leaves a whole table behind each time as many have gone as it has room for, which
// holds on to the next one. Once one of these tables is old enough for V8's old generation, all that come after it follow
// it there, with all they hold, until the next full collection. A column is written over in place.

/** Where the keys themselves are. */
export interface Keys {
  set (slot: number, key: string): void
  get (slot: number): string
  is (slot: number, key: string): boolean
  delete (slot: number): void
}

const FIRST_SIZE = 64
const NONE = -1
const UNUSED = -2
/** Keys that hash at random never make a chain of this length. Who chooses keys that do shall not slow down the others. */
const MAX_CHAIN = 64
/** Nobody outside knows it, so nobody can choose keys that fall into one bucket. */
const SEED = Math.random() * 2 ** 32 | 0
/** The key that was hashed last with that seed: one get looks for its key in several indexes. */
let lastKey = ''
let lastHash: number | undefined

export class KeyIndex {
  readonly #seed: number
  #size = 0
  /** By bucket, of which there is a power of two, at least one a key: the slot its chain begins with. */
  #first = new Int32Array(FIRST_SIZE).fill(NONE)
  /** By slot: the next one in its chain. */
  #next = new Int32Array(FIRST_SIZE).fill(UNUSED)
  #hashes = new Int32Array(FIRST_SIZE)
  readonly #keys: Keys

  /** @param keys - none yet @param seed - any number that those who choose the keys do not know */
  constructor (keys: Keys, seed = SEED) {
    this.#keys = keys
    this.#seed = seed | 0
  }

  get size (): number {
    return this.#size
  }

  /** The keys as they are now, in no order. */
  keys (): string[] {
    const found: string[] = []
    for (let slot = 0; slot < this.#next.length; slot++) if (this.has(slot)) found.push(this.#keys.get(slot))
    return found
  }

  /** Whether a key is in a slot. */
  has (slot: number): boolean {
    return slot < this.#next.length && this.#next[slot] !== UNUSED
  }

  /** The key of a slot that is in use. */
  key (slot: number): string {
    return this.#keys.get(slot)
  }

  find (key: string): number | undefined {
    if (this.#size === 0) return undefined
    const hash = this.hash(key)
    for (let slot = this.#first[this.#bucket(hash)] as number; slot !== NONE; slot = this.#next[slot] as number) {
      if (this.#hashes[slot] === hash && this.#keys.is(slot, key)) return slot
    }
    return undefined
  }

  /** A slot whose key has to go before `key` is added, because its chain is full. */
  crowded (key: string): number | undefined {
    let length = 0
    let last: number | undefined
    for (let slot = this.#first[this.#bucket(this.hash(key))] as number; slot !== NONE; slot = this.#next[slot] as number) {
      length++
      last = slot
    }
    return length < MAX_CHAIN ? undefined : last
  }

  /** @param key - one that is not there @param slot - one that no key is in */
  add (key: string, slot: number): void {
    if (slot >= this.#next.length) this.#grow(slot)
    this.#keys.set(slot, key)
    this.#hashes[slot] = this.hash(key)
    this.#link(slot)
    this.#size++
  }

  delete (slot: number): void {
    const bucket = this.#bucket(this.#hashes[slot] as number)
    const after = this.#next[slot] as number
    let before = this.#first[bucket] as number
    if (before === slot) this.#first[bucket] = after
    else {
      while (this.#next[before] !== slot) before = this.#next[before] as number
      this.#next[before] = after
    }
    this.#keys.delete(slot)
    this.#next[slot] = UNUSED
    this.#size--
  }

  #link (slot: number): void {
    const bucket = this.#bucket(this.#hashes[slot] as number)
    this.#next[slot] = this.#first[bucket] as number
    this.#first[bucket] = slot
  }

  #bucket (hash: number): number {
    return hash & (this.#first.length - 1)
  }

  #grow (slot: number): void {
    let size = this.#next.length
    while (size <= slot) size *= 2
    const before = this.#next
    const hashes = this.#hashes
    this.#first = new Int32Array(size).fill(NONE)
    this.#next = new Int32Array(size).fill(UNUSED)
    this.#hashes = new Int32Array(size)
    this.#hashes.set(hashes)
    for (let each = 0; each < before.length; each++) if (before[each] !== UNUSED) this.#link(each)
  }

  protected hash (key: string): number {
    if (this.#seed !== SEED) return hashOf(key, this.#seed)
    if (lastHash === undefined || key !== lastKey) {
      lastHash = hashOf(key, SEED)
      lastKey = key
    }
    return lastHash
  }
}

/** FNV-1a from a seed, then MurmurHash3's finaliser. */
function hashOf (key: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
