// Timers that somebody set and that keep the process alive.

import { createHook } from 'node:async_hooks'

/** A timer that fires so soon is on its way to its end. */
const SHORT = 50
/** Of mocha, which has a timer for each test. */
const RUNNER = 'resetTimeout'

export class TimerWatch {
  readonly #timers = new Map<number, { timer: NodeJS.Timeout & { _idleTimeout?: number }, stack: string }>()
  readonly #hook = createHook({
    init: (id, type, _trigger, resource) => {
      if (type !== 'Timeout') return
      const stack = new Error('timer').stack ?? ''
      if (!stack.includes(RUNNER)) this.#timers.set(id, { timer: resource as NodeJS.Timeout, stack })
    },
    destroy: id => { this.#timers.delete(id) }
  })

  /** Watches what is set from now on. */
  constructor () {
    this.#hook.enable()
  }

  /** Where those were set that are left. */
  async left (): Promise<string[]> {
    // what has been cleared is told of in a later turn
    await new Promise(resolve => { setImmediate(() => { setImmediate(resolve) }) })
    const left = [...this.#timers.values()].filter(({ timer }) => timer.hasRef() && (timer._idleTimeout ?? 0) > SHORT)
    return left.map(({ stack }) => stack.split('\n').slice(2).filter(line => !line.includes('node:internal')).slice(0, 4).join('\n'))
  }

  end (): void {
    this.#hook.disable()
  }
}
