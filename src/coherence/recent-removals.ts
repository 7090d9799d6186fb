// When a key was last removed, as far as this node was told: what was somewhere else before then is not taken from there.

import { MAX_LOGGED_BYTES, MAX_LOGGED_REMOVALS } from '../constants.js'
import type { Removal } from '../rpc/removal.js'

export class RecentRemovals {
  /** By what was removed, the latest last: when a removal of it was last under way here. */
  readonly #at = new Map<string, number>()
  /** Of the names in it, counted as one for each code unit. */
  #bytes = 0
  /** What was removed up to then is not known. */
  #unknownUntil = -Infinity

  /** To be called when a removal begins here, and when this node has done its part. */
  note (removal: Removal, now: number): void {
    for (const name of namesOf(removal)) {
      if (!this.#at.delete(name)) this.#bytes += name.length
      this.#at.set(name, now)
    }
    if (this.#at.size > MAX_LOGGED_REMOVALS || this.#bytes > MAX_LOGGED_BYTES) this.#forgetHalf()
  }

  /** Removals were missed, and nobody can say which. */
  lose (now: number): void {
    this.#unknownUntil = now
    this.#at.clear()
    this.#bytes = 0
  }

  /** Whether the value that a key had at `since` may have been removed by now. */
  mayHave (group: string, key: string, tags: readonly string[], since: number): boolean {
    if (this.#unknownUntil >= since) return true
    if (this.#at.size === 0) return false
    const isSince = (name: string): boolean => (this.#at.get(name) ?? -Infinity) >= since
    return isSince(nameOfAll(group)) || isSince(nameOfKey(group, key)) || tags.some(tag => isSince(nameOfTag(group, tag)))
  }

  #forgetHalf (): void {
    for (const [name, at] of this.#at) {
      if (this.#at.size <= MAX_LOGGED_REMOVALS / 2 && this.#bytes <= MAX_LOGGED_BYTES / 2) break
      this.#at.delete(name)
      this.#bytes -= name.length
      this.#unknownUntil = at
    }
  }
}

function namesOf (removal: Removal): string[] {
  switch (removal.kind) {
    case 'all': return [nameOfAll(removal.group)]
    case 'tag': return [nameOfTag(removal.group, removal.tag)]
    case 'keys': return removal.keys.map(key => nameOfKey(removal.group, key))
  }
}

// no key of one group can look like one of another, or like a tag: the name's length comes first
function nameOfAll (group: string): string { return `${group.length} ${group}` }
function nameOfKey (group: string, key: string): string { return `${group.length} ${group} ${key}` }
function nameOfTag (group: string, tag: string): string { return `${group.length} ${group}#${tag}` }
