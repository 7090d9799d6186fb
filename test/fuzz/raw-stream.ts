// One end of a stream of libp2p's own making, whose other end is the case: what comes in is given, what goes out is kept.

import { AbstractStream } from '@libp2p/utils'
import { Uint8ArrayList } from 'uint8arraylist'
import { fakeLog } from '../support/fake-log.js'
import type { Stream } from '@libp2p/interface'

export class RawStream extends AbstractStream {
  readonly sent = new Uint8ArrayList()
  /** Whether this end has said that nothing more comes. */
  hasEnded = false

  constructor () {
    super({ id: '1', direction: 'inbound', log: fakeLog() })
  }

  get stream (): Stream {
    return this
  }

  /** Pieces from the other end, one after the other, and then its end or the loss of the stream. */
  async feed (pieces: readonly Uint8Array[], end: 'end' | 'reset'): Promise<void> {
    for (const piece of pieces) {
      this.onData(new Uint8ArrayList(piece))
      await Promise.resolve()
    }
    if (end === 'end') this.onRemoteCloseWrite()
    else this.onRemoteReset()
  }

  override sendData (data: Uint8ArrayList): { sentBytes: number, canSendMore: boolean } {
    this.sent.append(data)
    return { sentBytes: data.byteLength, canSendMore: true }
  }

  override async sendCloseWrite (): Promise<void> {
    this.hasEnded = true
  }

  override async sendCloseRead (): Promise<void> {}
  override sendReset (): void {}
  override sendPause (): void {}
  override sendResume (): void {}
}

/** Deadlines are real timers, which a million cases would leave behind: none of them is met here. */
export class NoDeadlines {
  readonly #real = AbortSignal.timeout.bind(AbortSignal)

  start (): void {
    AbortSignal.timeout = () => new AbortController().signal
  }

  stop (): void {
    AbortSignal.timeout = this.#real
  }
}
