// What a string hashes to. Part of the protocol: all members must compute the same.

/**
 * MurmurHash3_x86_32 of the text as UTF-16LE: two code units make one block, the last one of an odd number
 * is the tail. On code units because a string gives these away at no cost; its UTF-8 would have to be made.
 *
 * The finaliser spreads keys that differ in their last characters only: without one, FNV's
 * `key-0 … key-999` fall on three members as 10 / 690 / 300.
 *
 * @returns a whole number from 0 to 2³²−1
 * @see MurmurHash3.cpp of Austin Appleby's SMHasher
 */
export function hash32 (text: string, seed = 0): number {
  const { length } = text
  let hash = seed
  let i = 0
  for (; i + 1 < length; i += 2) {
    hash ^= scramble(text.charCodeAt(i) | text.charCodeAt(i + 1) << 16)
    hash = (Math.imul(hash << 13 | hash >>> 19, 5) + 0xe6546b64) | 0
  }
  if (i < length) hash ^= scramble(text.charCodeAt(i))
  hash ^= length * 2
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

function scramble (block: number): number {
  const mixed = Math.imul(block, 0xcc9e2d51)
  return Math.imul(mixed << 15 | mixed >>> 17, 0x1b873593)
}
