// Where a string falls on the ring. Part of the protocol: all members must compute the same.

/**
 * FNV-1a over the UTF-16 code units of `text`, then MurmurHash3's 32-bit finaliser.
 *
 * The finaliser is what spreads keys that differ in their last characters only: without it,
 * `key-0 … key-999` fall on three members as 10 / 690 / 300. Two multiplications per code unit
 * would buy nothing measurable.
 *
 * @returns a whole number from 0 to 2³²−1
 * @see http://www.isthe.com/chongo/tech/comp/fnv/ and fmix32 in MurmurHash3.cpp
 */
export function hash32 (text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
