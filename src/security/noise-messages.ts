// Finds the messages in what a Noise connection receives: length u16 · message. Noise's own decoder learns that
// nothing is left from an exception, one for each read, and takes lists apart that have one part: the exceptions alone
// were 6 % of what an owner computes that answers many small requests.
//
// There is no option for that. So the decoder of one connection is replaced, where all is as it is known to be; where it
// is not, nothing is touched, and all works as before.

import type { MessageStream } from '@libp2p/interface'

/** What is relied on of `@libp2p/noise` 17, beside the public interface. */
interface NoiseStream {
  decoder: Decoder & {
    /** What was received and is no whole message yet. */
    buffer: Iterable<Uint8Array> & { byteLength: number }
  }
}

interface Decoder { decode: (data: Received) => Iterable<Uint8Array> }

type Received = Uint8Array | Iterable<Uint8Array>

/** @returns whether this is a connection that it knows */
export function decodeQuietly (connection: MessageStream): boolean {
  const noise = connection as Partial<NoiseStream>
  if (!isKnown(noise)) return false
  const messages = new NoiseMessages()
  messages.decode(noise.decoder.buffer)
  Object.assign(noise, { decoder: messages })
  return true
}

function isKnown (connection: Partial<NoiseStream>): connection is NoiseStream {
  const { decoder } = connection
  return typeof decoder?.decode === 'function' && typeof decoder.buffer?.byteLength === 'number' && typeof decoder.buffer[Symbol.iterator] === 'function'
}

export class NoiseMessages implements Decoder {
  /** The first byte of a length whose second one has not come. */
  #highByte: number | undefined
  /** A message of which the first `#filled` bytes have come. */
  #partial: Uint8Array | undefined
  #filled = 0

  /** @returns the messages that are whole now: views of what was received, where they came in one piece */
  decode (data: Received): Uint8Array[] {
    const messages: Uint8Array[] = []
    if (data instanceof Uint8Array) this.#read(data, messages)
    else for (const part of data) this.#read(part, messages)
    return messages
  }

  #read (bytes: Uint8Array, messages: Uint8Array[]): void {
    let at = 0
    while (at < bytes.length) {
      if (this.#partial !== undefined) {
        at += this.#fill(this.#partial, bytes.subarray(at), messages)
        continue
      }
      if (this.#highByte === undefined) {
        this.#highByte = bytes[at++]
        continue
      }
      const length = (this.#highByte << 8) | (bytes[at++] as number)
      this.#highByte = undefined
      const end = at + length
      if (end > bytes.length) {
        this.#partial = new Uint8Array(length)
        this.#filled = 0
      } else {
        // an empty one says nothing
        if (length > 0) messages.push(bytes.subarray(at, end))
        at = end
      }
    }
  }

  /** @returns how many of the bytes belong to the message */
  #fill (message: Uint8Array, bytes: Uint8Array, messages: Uint8Array[]): number {
    const taken = Math.min(message.length - this.#filled, bytes.length)
    message.set(bytes.subarray(0, taken), this.#filled)
    this.#filled += taken
    if (this.#filled === message.length) {
      messages.push(message)
      this.#partial = undefined
    }
    return taken
  }
}
