// When a key was last removed, as far as this node was told: what was somewhere else before then is not taken from there.

import { MAX_LOGGED_BYTES, MAX_LOGGED_REMOVALS, REMOVALS_KEPT_FOR } from '../constants.js'
import { bytesOf } from '../rpc/removal.js'
import type { Removal } from '../rpc/removal.js'

export class RecentRemovals {
  /** By what was removed, the latest last: when a removal of it was last under way here. */
  readonly #at = new Map<string, number>()
  /** Of the names in it. */
  #bytes = 0
  /** What was removed up to then is not known. */
  #unknownUntil = -Infinity

  /** To be called when a removal begins here, and when this node has done its part. */
  note (removal: Removal, now: number): void {
    for (const name of placesOf(removal)) {
      if (!this.#at.delete(name)) this.#bytes += bytesOf(name)
      this.#at.set(name, now)
    }
    if (!this.#fits(1)) this.#forgetWhile(() => !this.#fits(0.5))
    else this.#forgetWhile(at => at < now - REMOVALS_KEPT_FOR)
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

  #fits (part: number): boolean {
    return this.#at.size <= MAX_LOGGED_REMOVALS * part && this.#bytes <= MAX_LOGGED_BYTES * part
  }

  /** The oldest, and the next one, and so on. */
  #forgetWhile (isToGo: (at: number) => boolean): void {
    for (const [name, at] of this.#at) {
      if (!isToGo(at)) break
      this.#at.delete(name)
      this.#bytes -= bytesOf(name)
      this.#unknownUntil = at
    }
  }
}

function placesOf (removal: Removal): string[] {
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
