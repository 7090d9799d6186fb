// Who asks faster than it reads is not read until it has caught up.

import type { Stream } from '@libp2p/interface'

export class BackPressure {
  readonly #stream: Pick<Stream, 'pause' | 'resume'>
  readonly #isBehind: () => boolean
  readonly #onFailure: (err: Error) => void
  #isPaused = false

  /**
   * @param isBehind - whether so much waits to be read, or worked on, that nothing is to be added
   * @param onFailure - the stream has ended meanwhile
   */
  constructor (stream: Pick<Stream, 'pause' | 'resume'>, isBehind: () => boolean, onFailure: (err: Error) => void) {
    this.#stream = stream
    this.#isBehind = isBehind
    this.#onFailure = onFailure
  }

  /** To be called when there is more. */
  pauseIfBehind (): void {
    if (this.#isPaused || !this.#isBehind()) return
    this.#isPaused = true
    this.#try(() => { this.#stream.pause() })
  }

  /** To be called when there is less. */
  readOn (): void {
    if (!this.#isPaused || this.#isBehind()) return
    this.#isPaused = false
    this.#try(() => { this.#stream.resume() })
  }

  #try (work: () => void): void {
    try {
      work()
    } catch (err) {
      this.#onFailure(err as Error)
    }
  }
}
