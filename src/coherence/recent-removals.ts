// When a key was last removed, as far as this node was told: what was somewhere else before then is not taken from there.

import { MAX_RECENT_REMOVALS, REMOVALS_KEPT_FOR } from '../constants.js'
import { hash32 } from '../ring/hash.js'
import { RecentNumbers } from '../tables/recent-numbers.js'
import type { Removal } from '../rpc/removal.js'

export class RecentRemovals {
  /** When a removal of something was last under way here, by what it hashes to. Where two are taken for one, a value is loaded that could have been taken over. */
  #at = this.#none()
  /** What was removed up to then is not known. */
  #unknownUntil = -Infinity

  /** To be called when a removal begins here, and when this node has done its part. */
  note (removal: Removal, now: number): void {
    switch (removal.kind) {
      case 'all': this.#at.put(all(removal.group), now); break
      case 'tag': this.#at.put(one('tag', removal.group, removal.tag), now); break
      case 'keys': for (const key of removal.keys) this.#at.put(one('key', removal.group, key), now)
    }
    this.#at.dropBefore(now - REMOVALS_KEPT_FOR)
  }

  /** Removals were missed, and nobody can say which. */
  lose (now: number): void {
    this.#unknownUntil = now
    this.#at = this.#none()
  }

  /** Whether the value that a key had at `since` may have been removed by now. */
  mayHave (group: string, key: string, tags: readonly string[], since: number): boolean {
    if (this.#unknownUntil >= since) return true
    if (this.#at.size === 0) return false
    const isSince = (number: number): boolean => {
      const slot = this.#at.find(number)
      return slot !== undefined && this.#at.at(slot) >= since
    }
    return isSince(all(group)) || isSince(one('key', group, key)) || tags.some(tag => isSince(one('tag', group, tag)))
  }

  #none (): RecentNumbers {
    const numbers: RecentNumbers = new RecentNumbers(MAX_RECENT_REMOVALS, slot => { this.#unknownUntil = numbers.at(slot) })
    return numbers
  }
}

function all (group: string): number {
  return numberOf(group, 0, 1)
}

/** A key and a tag of one name, and either in two groups, are not the same. */
function one (kind: 'key' | 'tag', group: string, name: string): number {
  const seed = kind === 'key' ? 2 : 4
  return numberOf(name, hash32(group, seed), hash32(group, seed + 1))
}

/** 53 bits. */
function numberOf (text: string, seed: number, another: number): number {
  return hash32(text, seed) * 2 ** 21 + (hash32(text, another) >>> 11)
}
