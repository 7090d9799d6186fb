// Limits that libp2p's connections lack below our streams. Yamux collects a frame of whatever length is announced before it
// looks whether its stream may send so much; it answers as many pings, and resets as many streams, as there are; what waits for one
// that does not read is queued without end; and a stream may bring megabytes before it is known what it is for. And one mistake:
// a stream that is opened just when its connection closes throws where nobody can catch it, which ends the process.
//
// There are no options for that. So this sets and replaces properties of one connection's objects, where all is as it is known
// to be; where it is not, another muxer for example, nothing is touched, and all works as before.

import { MAX_CONNECTION_BYTES, MAX_NEGOTIATION_BYTES } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import type { Connection, Stream } from '@libp2p/interface'

/** What is relied on of `libp2p` 3, `@libp2p/yamux` 8 and `@libp2p/utils` 7, beside the public interface. */
interface Known {
  maConn: Writer
  muxer: {
    maConn: Writer
    /** Absent = Yamux's own. */
    streamOptions?: { maxStreamWindowSize?: number } | undefined
    send: (bytes: Uint8Array | object) => boolean
    onData: (data: Uint8Array) => void
    /** Of these a frame may have thousands. */
    handlePing: (header: object) => void
    incomingStream: (id: number) => void
    /** What has come of a frame that is not whole. */
    decoder: { buffer: { byteLength: number, subarray: (start: number, end: number) => Uint8Array } }
    addEventListener: (type: 'stream', listener: (event: CustomEvent<Stream>) => void) => void
  }
}

/** Aborts by itself when more waits to be written. */
interface Writer { maxWriteBufferLength?: number }

const HEADER_BYTES = 12
const LENGTH_AT = 8
const TYPE_AT = 1
const DATA = 0
const WINDOW_UPDATE = 1
/** Yamux's own: what a stream may have under way at the most, and a frame with it. */
const USUAL_WINDOW = 16 * 1024 * 1024

export interface Limits {
  /** The peer wants something. @throws ProtocolViolationError when it has had too much of it */
  spend: (kind: 'muxerPings' | 'muxerStreams') => void
  /** It has gone beyond a limit; its stream or connection has ended. */
  onExcess: (err: ProtocolViolationError) => void
}

/** @returns whether this is a connection that it knows */
export function limitConnection (connection: Connection, { spend, onExcess }: Limits): boolean {
  const known = connection as unknown as Partial<Known>
  if (!isKnown(known)) return false
  known.maConn.maxWriteBufferLength = known.muxer.maConn.maxWriteBufferLength = MAX_CONNECTION_BYTES
  connection.addEventListener('close', ({ error }) => {
    if (error?.name === 'StreamBufferError') onExcess(new ProtocolViolationError('it does not read what it asked for'))
  }, { once: true })
  limitFrames(known.muxer, onExcess)
  limitCalls(known.muxer, spend)
  forgiveUpdates(known.muxer)
  // after libp2p's own listener, which has begun to read by then
  known.muxer.addEventListener('stream', ({ detail: stream }) => { limitNegotiation(stream, onExcess) })
  return true
}

function limitFrames (muxer: Known['muxer'], onExcess: (err: ProtocolViolationError) => void): void {
  const { decoder, streamOptions } = muxer
  const most = streamOptions?.maxStreamWindowSize ?? USUAL_WINDOW
  const onData = muxer.onData.bind(muxer)
  muxer.onData = data => {
    try {
      onData(data)
    } catch (err) {
      if (err instanceof ProtocolViolationError) onExcess(err)
      throw err
    }
    if (decoder.buffer.byteLength < HEADER_BYTES) return
    const header = decoder.buffer.subarray(0, HEADER_BYTES)
    const length = new DataView(header.buffer, header.byteOffset).getUint32(LENGTH_AT)
    if (header[TYPE_AT] !== DATA || length <= most) return
    const err = new ProtocolViolationError(`a frame of the multiplexer that announces ${length} bytes, expected at most ${most}`)
    onExcess(err)
    // the muxer ends the connection
    throw err
  }
}

/** What is thrown ends the connection. */
function limitCalls (muxer: Known['muxer'], spend: Limits['spend']): void {
  const handlePing = muxer.handlePing.bind(muxer)
  muxer.handlePing = header => {
    spend('muxerPings')
    handlePing(header)
  }
  const incomingStream = muxer.incomingStream.bind(muxer)
  muxer.incomingStream = id => {
    spend('muxerStreams')
    incomingStream(id)
  }
}

/** What is said about the window of a stream does not matter any more when the connection has closed. */
function forgiveUpdates (muxer: Known['muxer']): void {
  const send = muxer.send.bind(muxer)
  muxer.send = bytes => {
    try {
      return send(bytes)
    } catch (err) {
      const isUpdate = bytes instanceof Uint8Array && bytes.length === HEADER_BYTES && bytes[TYPE_AT] === WINDOW_UPDATE
      if (isUpdate && (err as Error).name === 'StreamStateError') return true
      throw err
    }
  }
}

function limitNegotiation (stream: Stream, onExcess: (err: ProtocolViolationError) => void): void {
  let bytes = 0
  const onMessage = ({ data }: { data: { byteLength: number } }): void => {
    if (stream.protocol !== '') {
      stream.removeEventListener('message', onMessage)
      return
    }
    bytes += data.byteLength
    if (bytes <= MAX_NEGOTIATION_BYTES) return
    const err = new ProtocolViolationError(`more than ${MAX_NEGOTIATION_BYTES} bytes on a stream without a protocol`)
    onExcess(err)
    stream.abort(err)
  }
  stream.addEventListener('message', onMessage)
}

function isKnown (connection: Partial<Known>): connection is Known {
  const { maConn, muxer } = connection
  return maConn !== undefined && typeof muxer?.maConn === 'object' && typeof muxer.send === 'function' && typeof muxer.onData === 'function' && typeof muxer.handlePing === 'function' && typeof muxer.incomingStream === 'function' && typeof muxer.addEventListener === 'function' &&
    typeof muxer.decoder?.buffer?.byteLength === 'number' && typeof muxer.decoder.buffer.subarray === 'function'
}
