// The reading end of a stream of requests: frames are worked on in their order, as far as the peer's turn goes. The rest waits, and
// meanwhile the stream is not read.

import { BackPressure } from './back-pressure.js'
import { FrameReader } from './frame-reader.js'
import type { Arrivals } from './arrivals.js'
import type { FairTurns, Share } from './fair-turns.js'
import type { Stream } from '@libp2p/interface'

/** Goes on with a frame that asks for much, as far as the turn goes. @returns whether something is left of it */
export type Rest = () => boolean

export interface InletInit {
  stream: Stream
  turns: FairTurns
  /** What the peer has used of the pass, on all its streams. */
  share: Share
  /** For large values. */
  arrivals?: Arrivals | undefined
  /** Something came. */
  onMessage: () => void
  /** Gets each frame without its length, as a view that is valid during the call. @returns what is left of it @throws ProtocolViolationError */
  onFrame: (frame: Buffer) => Rest | undefined
  /** Gets the id of each frame for which there is no room. */
  onLeftOut: (id: number) => void
  /** The frames of a turn were worked on. */
  onTurn: () => void
  /** Whether so much waits to be sent that nothing is to be asked. */
  isBehind: () => boolean
  onFailure: (err: Error) => void
}

export class Inlet {
  readonly #init: InletInit
  readonly #reader: FrameReader
  readonly #pressure: BackPressure
  /** Of the frame that was worked on last. */
  #rest: Rest | undefined
  /** Something is left for another turn. */
  #isWaiting = false
  /** It has none before the peer has read what was answered. */
  #isStalled = false

  constructor (init: InletInit) {
    this.#init = init
    const { stream, turns, arrivals, onMessage, onFrame, onLeftOut, isBehind, onFailure } = init
    this.#reader = new FrameReader(frame => { this.#rest = onFrame(frame) }, { arrivals, onLeftOut, isEnough: () => this.#rest !== undefined || turns.isOver })
    this.#pressure = new BackPressure(stream, () => this.#isWaiting || isBehind(), onFailure)
    stream.addEventListener('message', event => {
      onMessage()
      this.#try(() => {
        if (this.#isWaiting) this.#reader.keep(event.data)
        else this.#takeTurn(() => { this.#reader.pushAll(event.data) })
        this.#pressure.pauseIfBehind()
      })
    })
  }

  /** Less waits to be sent. */
  readOn (): void {
    const { turns, share, isBehind } = this.#init
    if (this.#isStalled && !isBehind()) {
      this.#isStalled = false
      turns.wait(share, this.#backlog)
    }
    this.#pressure.readOn()
  }

  /** Nothing more is wanted. */
  close (): void {
    this.#rest = undefined
    this.#reader.close()
  }

  get #hasMore (): boolean {
    return this.#rest !== undefined || this.#reader.hasMore
  }

  #takeTurn (work: () => void): void {
    const { turns, share, onTurn } = this.#init
    turns.take(share, work)
    onTurn()
    if (!this.#hasMore) return
    this.#isWaiting = true
    turns.wait(share, this.#backlog)
  }

  readonly #backlog = (): boolean => {
    if (this.#init.isBehind()) {
      this.#isStalled = true
      return false
    }
    this.#try(() => {
      if (this.#rest?.() === false) this.#rest = undefined
      if (this.#rest === undefined) this.#reader.readOn()
      this.#init.onTurn()
    })
    if (this.#hasMore) return true
    this.#isWaiting = false
    // in a turn of its own
    queueMicrotask(() => { this.#pressure.readOn() })
    return false
  }

  #try (work: () => void): void {
    try {
      work()
    } catch (err) {
      this.#init.onFailure(err as Error)
    }
  }
}
