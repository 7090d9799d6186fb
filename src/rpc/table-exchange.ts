// Two members swap their member tables over a stream of its own: the asker sends its records, its
// own first, and closes; the answerer takes them in, and only then sends its own.

import { messageStreamToDuplex } from '@libp2p/utils'
import * as lp from 'it-length-prefixed'
import { pipe } from 'it-pipe'
import { Uint8ArrayList } from 'uint8arraylist'
import { CONNECT_TIMEOUT, MAX_MEMBERS, MAX_RECORD_BYTES, MAX_TABLE_STREAMS } from '../constants.js'
import { ConnectionLostError, OverloadedError, ProtocolViolationError } from '../errors.js'
import { cutOffAt } from './cut-off.js'
import { decodeRecord, encodeRecord } from './news-topic.js'
import type { MemberRecord } from '../membership/member-record.js'
import type { Conduct } from './conduct.js'
import type { Dialler } from './dialler.js'
import type { Logger, PeerId, StreamHandler } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

const PIECE_BYTES = 32 * 1024

export interface TableExchangeInit {
  protocol: string
  dialler: Dialler
  registrar: Registrar
  /** What this node sends, its own record first. */
  records: () => readonly MemberRecord[]
  /** Takes in what a peer sent, its own record first. */
  onRecords: (peer: PeerId, records: MemberRecord[]) => void
  conduct: Conduct
  log: Logger
}

export class TableExchange {
  readonly #init: TableExchangeInit

  constructor (init: TableExchangeInit) {
    this.#init = init
  }

  get protocol (): string {
    return this.#init.protocol
  }

  async start (): Promise<void> {
    await this.#init.registrar.handle(this.#init.protocol, this.#onStream, { maxInboundStreams: 32, maxOutboundStreams: 32 })
  }

  async stop (): Promise<void> {
    await this.#init.registrar.unhandle(this.#init.protocol)
  }

  /**
   * Swaps tables with a peer. `onRecords` has been called when it resolves.
   *
   * @returns the peer's own record
   * @throws UnsupportedProtocolError when the peer is of another cluster or version
   * @throws ProtocolViolationError when it answers nonsense
   */
  async swap (peer: PeerId, signal?: AbortSignal): Promise<MemberRecord> {
    const stream = await this.#init.dialler.openStream(peer, this.#init.protocol, signal === undefined ? {} : { signal })
    const silence = AbortSignal.timeout(CONNECT_TIMEOUT)
    // who does not answer this is frozen, or gone: the connection is of no use
    const onSilence = (): void => { this.#init.dialler.abortConnectionOf(stream, peer, silence.reason as Error) }
    silence.addEventListener('abort', onSilence, { once: true })
    try {
      return await cutOffAt(stream, signal === undefined ? silence : AbortSignal.any([silence, signal]), async () => {
        const duplex = messageStreamToDuplex(stream)
        await duplex.sink(this.#encodedRecords())
        const records = await readRecords(duplex.source, peer)
        this.#init.onRecords(peer, records)
        return records[0] as MemberRecord
      })
    } catch (err) {
      this.#init.conduct.noteViolation(peer.toString(), err)
      throw err
    } finally {
      // the signal runs on after an answer
      silence.removeEventListener('abort', onSilence)
    }
  }

  /** In few pieces: each is a message of its own, to be encrypted, written and acknowledged. */
  * #encodedRecords (): Generator<Uint8ArrayList> {
    let piece = new Uint8ArrayList()
    for (const record of this.#init.records()) {
      piece.append(lp.encode.single(encodeRecord(record)))
      if (piece.byteLength < PIECE_BYTES) continue
      yield piece
      piece = new Uint8ArrayList()
    }
    if (piece.byteLength > 0) yield piece
  }

  readonly #onStream: StreamHandler = async (stream, connection) => {
    const { conduct, log, onRecords } = this.#init
    const peer = connection.remotePeer
    const account = conduct.account(peer.toString())
    if (!conduct.grants(peer.toString(), 'tables') || account.tables >= MAX_TABLE_STREAMS) {
      stream.abort(new OverloadedError(`${account.tables} streams for tables are open`))
      return
    }
    account.tables++
    try {
      await cutOffAt(stream, AbortSignal.timeout(CONNECT_TIMEOUT), async () => {
        const duplex = messageStreamToDuplex(stream)
        onRecords(peer, await readRecords(duplex.source, peer, () => { account.spend('records') }))
        await pipe(this.#encodedRecords(), duplex.sink)
      })
    } catch (err) {
      conduct.noteViolation(peer.toString(), err)
      // a stream that was closed ends its source with an event, not an error
      log('table exchange with %p failed - %e', peer, err instanceof Error ? err : new ConnectionLostError('the peer closed the stream'))
    } finally {
      account.tables--
    }
  }
}

/** @param onRecord - told before one is looked at, which takes longer than to send it; whoever throws has the rest not looked at */
async function readRecords (source: AsyncGenerator<Uint8Array | Uint8ArrayList>, peer: PeerId, onRecord?: () => void): Promise<MemberRecord[]> {
  const records: MemberRecord[] = []
  for await (const bytes of lp.decode(source, { maxDataLength: MAX_RECORD_BYTES })) {
    onRecord?.()
    const record = decodeRecord(bytes.subarray())
    if (record === undefined) throw new ProtocolViolationError(`record ${records.length} of the table is no member record`)
    if (records.push(record) > MAX_MEMBERS) throw new ProtocolViolationError(`a table of more than ${MAX_MEMBERS} members`)
  }
  const [first] = records
  // it may have died before it sent any of it
  if (first === undefined) throw new ConnectionLostError('the peer closed the stream before its table had come')
  if (first.id !== peer.toString()) throw new ProtocolViolationError(`expected a table that begins with the record of ${peer.toString()}, got that of ${first.id}`)
  return records
}
