// What a removal does to a group of this process.

import type { Entry } from '../cache/entry.js'
import type { GroupMemory } from '../cache/group-memory.js'
import type { Flights } from '../flight/flights.js'
import type { Removal } from '../rpc/removal.js'

/** Drops what is in memory, and keeps what is on its way from being joined and stored. */
export function forget<V> (removal: Removal, cache: GroupMemory<V>, flights: ReadonlyArray<Flights<Entry<V>>>): void {
  switch (removal.kind) {
    case 'keys':
      for (const key of removal.keys) {
        for (const each of flights) each.detach(key)
        cache.remove(key)
      }
      break
    case 'tag':
      for (const each of flights) each.detachTagged(removal.tag)
      cache.removeTagged(removal.tag)
      break
    case 'all':
      for (const each of flights) each.detachAll()
      cache.clear()
  }
}
