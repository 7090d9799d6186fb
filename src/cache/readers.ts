// The entries that are read most, by key, in front of the index of all: V8 knows the hash of a string that it has seen
// before, and a key of 20 letters takes it a fifth of the time that hashing and comparing them takes here.
//
// Two Maps, of which the older one is let go when the newer one is full; what is still read then comes in again. So nothing
// has to be known of the order of use.

/** Each of the two. */
const MAX_ENTRIES = 16_384

export class Readers<E extends object> {
  #newer = new Map<string, E>()
  #older = new Map<string, E>()

  get (key: string): E | undefined {
    return this.#newer.get(key) ?? (this.#older.size === 0 ? undefined : this.#older.get(key))
  }

  add (key: string, entry: E): void {
    if (this.#newer.size >= MAX_ENTRIES) {
      this.#older = this.#newer
      this.#newer = new Map()
    }
    this.#newer.set(key, entry)
  }

  /** To be called when the entry goes: it may hold more than its share of memory. */
  delete (key: string): void {
    this.#newer.delete(key)
    this.#older.delete(key)
  }
}
