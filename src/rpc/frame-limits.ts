// What does not fit into a frame.

import { MAX_KEY_BYTES, MAX_NAME_BYTES, MAX_TAGS, MAX_TAG_BYTES } from '../constants.js'

export function tooLong (group: string, key: string): RangeError {
  return new RangeError(`expected a group of at most ${MAX_NAME_BYTES} bytes and a key of at most ${MAX_KEY_BYTES}, got ${Buffer.byteLength(group)} and ${Buffer.byteLength(key)}`)
}

/** Of the count and the tags behind it. @throws RangeError when there are too many, or one is too long */
export function lengthOfTags (tags: readonly string[]): number {
  if (tags.length > MAX_TAGS) throw new RangeError(`expected at most ${MAX_TAGS} tags, got ${tags.length}`)
  return tags.reduce((sum, tag) => {
    const length = Buffer.byteLength(tag)
    if (length > MAX_TAG_BYTES) throw new RangeError(`expected a tag of at most ${MAX_TAG_BYTES} bytes, got ${length}`)
    return sum + 1 + length
  }, 1)
}
