// The length-prefixed messages of a stream, for one that takes its time with each: when more has come than it may hold, the
// stream is not read until it has caught up. (libp2p's own way from a stream to messages holds whatever comes.)

import * as lp from 'it-length-prefixed'
import { ConnectionLostError } from '../errors.js'
import { BackPressure } from './back-pressure.js'
import type { Stream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

export interface MessagesInit {
  /** Of one message. */
  maxDataLength: number
  /** Of all that has come and was not taken. A little more comes before the other side knows. */
  maxWaiting: number
}

/** Ends when the peer has closed its end. Throws when the stream is lost, or a message is too long. */
export function messagesOf (stream: Stream, { maxDataLength, maxWaiting }: MessagesInit): AsyncGenerator<Uint8ArrayList> {
  return lp.decode(chunksOf(stream, maxWaiting), { maxDataLength })
}

/** Listens from now on, and not from when it is first asked. */
function chunksOf (stream: Stream, maxWaiting: number): AsyncGenerator<Uint8Array | Uint8ArrayList> {
  const waiting: Array<Uint8Array | Uint8ArrayList> = []
  let bytes = 0
  let isOver = false
  let failure: Error | undefined
  let wake: (() => void) | undefined
  const end = (err?: Error): void => {
    isOver = true
    failure ??= err
    wake?.()
  }
  const pressure = new BackPressure(stream, () => bytes > maxWaiting, end)
  stream.addEventListener('message', ({ data }) => {
    waiting.push(data)
    bytes += data.byteLength
    wake?.()
    pressure.pauseIfBehind()
  })
  stream.addEventListener('remoteCloseWrite', () => { end() })
  stream.addEventListener('close', ({ error }) => { end(isOver ? undefined : error ?? new ConnectionLostError('the peer closed the stream')) })
  return (async function * () {
    for (;;) {
      const next = waiting.shift()
      if (next !== undefined) {
        bytes -= next.byteLength
        pressure.readOn()
        yield next
      } else if (isOver) {
        if (failure !== undefined) throw failure
        return
      } else {
        await new Promise<void>(resolve => { wake = resolve })
        wake = undefined
      }
    }
  })()
}

/** Sends, and resolves when more may be sent. Rejects when the stream is lost. */
export async function sendMessage (stream: Stream, message: Uint8Array): Promise<void> {
  if (stream.send(lp.encode.single(message))) return
  const drained = Promise.withResolvers<void>()
  const onClose = (): void => { drained.reject(new ConnectionLostError('the peer closed the stream')) }
  stream.addEventListener('drain', () => { drained.resolve() }, { once: true })
  stream.addEventListener('close', onClose, { once: true })
  await drained.promise
  stream.removeEventListener('close', onClose)
}
