// Values to bytes, with the errors that name their key.

import { isFresh } from '../codec/fresh.js'
import { CodecError, ValueTooLargeError, show } from '../errors.js'
import type { GroupSettings } from './settings.js'

export class Encoder<V> {
  readonly #group: string
  readonly #settings: Pick<GroupSettings<V>, 'codec' | 'maxValueBytes'>

  constructor (group: string, settings: Pick<GroupSettings<V>, 'codec' | 'maxValueBytes'>) {
    this.#group = group
    this.#settings = settings
  }

  /** @throws CodecError | ValueTooLargeError */
  encode (key: string, value: V): Uint8Array {
    const encoded = this.#callCodec(key, value)
    const limit = this.#settings.maxValueBytes
    if (encoded.byteLength > limit) throw new ValueTooLargeError({ group: this.#group, key, bytes: encoded.byteLength, limit })
    // others' codecs may return a view of a large or reused buffer: what is cached is exactly the value
    return isFresh(this.#settings.codec, encoded) ? encoded : new Uint8Array(encoded)
  }

  #callCodec (key: string, value: V): Uint8Array {
    try {
      const encoded: unknown = this.#settings.codec.encode(value)
      if (encoded instanceof Uint8Array) return encoded
      throw new TypeError(`the codec returned ${show(encoded)} instead of a Uint8Array`)
    } catch (cause) {
      throw new CodecError({ action: 'encode', group: this.#group, key, cause })
    }
  }
}
