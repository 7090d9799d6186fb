// Maps that stay small: the entry that was put longest ago goes.

/** Puts an entry last, whether or not its key is there, and drops the first one when there are more than `max`. */
export function putLast<K, V> (map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key)
  map.set(key, value)
  if (map.size > max) map.delete(map.keys().next().value as K)
}
