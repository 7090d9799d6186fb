// Which keys are asked for most, of the gets that come through this side door: the Space-Saving algorithm (Metwally et al., 2005),
// with counts that are halved at times, so that what was hot gives way to what is.

export interface HotKey {
  group: string
  key: string
  /** Gets, of late; older ones count less. At most too high, never too low. */
  gets: number
}

/** Keys that are counted at a time. One that is asked for more often than one in so many gets is surely among them. */
const COUNTERS = 256
/** Longer ones are cut, so that hot keys cost no memory worth a word. */
const MAX_SHOWN = 200

export class Sampler {
  readonly #counts = new Map<string, HotKey>()

  asked (group: string, key: string): void {
    const shown = key.length > MAX_SHOWN ? `${key.slice(0, MAX_SHOWN).toWellFormed()}…` : key
    const id = `${group}\0${shown}`
    const known = this.#counts.get(id)
    if (known !== undefined) {
      known.gets++
    } else if (this.#counts.size < COUNTERS) {
      this.#counts.set(id, { group, key: shown, gets: 1 })
    } else {
      this.#replaceLeast(id, group, shown)
    }
  }

  /** The most asked for, first. */
  top (count: number): HotKey[] {
    return [...this.#counts.values()].sort((a, b) => b.gets - a.gets).slice(0, count).map(hot => ({ ...hot }))
  }

  /** Halves the counts. To be called at even intervals. */
  age (): void {
    for (const [id, hot] of this.#counts) {
      hot.gets = Math.floor(hot.gets / 2)
      if (hot.gets === 0) this.#counts.delete(id)
    }
  }

  #replaceLeast (id: string, group: string, key: string): void {
    let least: [string, HotKey] | undefined
    for (const entry of this.#counts) {
      if (least === undefined || entry[1].gets < least[1].gets) least = entry
    }
    if (least === undefined) return
    this.#counts.delete(least[0])
    this.#counts.set(id, { group, key, gets: least[1].gets + 1 })
  }
}
