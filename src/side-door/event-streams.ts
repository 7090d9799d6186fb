// Server-sent events: a snapshot each second, and at once when a member comes or goes.

import { Refusal } from './context.js'
import type { Board } from './board.js'
import type { DoorContext } from './context.js'

const MAX_STREAMS = 64
/** Snapshots that wait for a client which does not read; one more ends its stream. */
const MAX_WAITING = 16

export class EventStreams {
  readonly #board: Board
  readonly #ends = new Set<() => void>()

  constructor (board: Board) {
    this.#board = board
  }

  /** `history` once, then `snapshot` for ever. @throws Refusal when too many are open */
  open (c: DoorContext): Response {
    if (this.#ends.size >= MAX_STREAMS) throw new Refusal(503, 'TooManyStreams', `there are ${MAX_STREAMS} streams of events already`)
    const board = this.#board
    let end = (): void => {}
    const stream = new ReadableStream<Uint8Array>({
      start: controller => {
        const send = (event: string, data: unknown): void => {
          if ((controller.desiredSize ?? 0) <= 0) end()
          else controller.enqueue(Buffer.from(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
        }
        const unwatch = board.watch(() => { send('snapshot', board.snapshot()) })
        end = () => {
          unwatch()
          if (this.#ends.delete(end)) controller.close()
        }
        this.#ends.add(end)
        send('history', board.history)
        send('snapshot', board.snapshot())
      },
      cancel: () => {
        this.#ends.delete(end)
        end()
      }
    }, new CountQueuingStrategy({ highWaterMark: MAX_WAITING }))
    return c.body(stream, 200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store', 'X-Accel-Buffering': 'no' })
  }

  close (): void {
    for (const end of this.#ends) end()
  }
}
