// Who asks and may stop asking. An AbortSignal would do, but costs more than a whole remote get should.

export interface Abortable {
  /** Calls back once, at once when it has been aborted already. */
  whenAborted (callback: (reason: Error) => void): void
}

/** Why somebody has stopped asking; undefined = it asks. */
export function reasonOf (abortable: Abortable): Error | undefined {
  let reason: Error | undefined
  abortable.whenAborted(why => { reason = why })
  return reason
}

export class Cancellation implements Abortable {
  #reason: Error | undefined
  #callbacks: Array<(reason: Error) => void> = []

  abort (reason: Error): void {
    if (this.#reason !== undefined) return
    this.#reason = reason
    const callbacks = this.#callbacks
    this.#callbacks = []
    for (const callback of callbacks) callback(reason)
  }

  whenAborted (callback: (reason: Error) => void): void {
    if (this.#reason === undefined) this.#callbacks.push(callback)
    else callback(this.#reason)
  }
}
