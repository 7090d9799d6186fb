// The life of a service: its node starts and stops it, and so may the application, at any time and as often as it likes.

export interface LifeInit {
  /** Peers may ask this node from now on. */
  listen: () => Promise<void>
  /** It takes part in the cluster. */
  join: () => Promise<void>
  /** It says goodbye, and is still there for those who have not heard of that. */
  leave: () => Promise<void>
  /** Nothing is left. */
  end: () => Promise<void>
}

export class Life {
  readonly #init: LifeInit
  #isNodeStarting = false
  #phase: 'stopped' | 'listening' | 'joined' | 'leaving' = 'stopped'
  /** What is under way, or was last: whoever calls for it once more waits for it. */
  #starting: Promise<void> | undefined
  #listening: Promise<void> | undefined
  #leaving: Promise<void> | undefined
  #ending: Promise<void> | undefined

  constructor (init: LifeInit) {
    this.#init = init
  }

  get isStopped (): boolean {
    return this.#phase === 'stopped'
  }

  /** The node is about to start, and with it all its services. */
  beforeStart (): void {
    this.#isNodeStarting = true
  }

  async start (): Promise<void> {
    if (this.#phase === 'stopped') {
      this.#phase = 'listening'
      this.#starting = this.#listen()
    }
    await this.#starting
  }

  async #listen (): Promise<void> {
    await this.#ending
    // 1. it is stopped; 2. it is started while it does; 3. it is stopped again
    if (this.#phase !== 'listening') return
    this.#listening = this.#init.listen()
    await this.#listening
    // the node runs already: the application stopped this service alone, and starts it again
    if (!this.#isNodeStarting) await this.afterStart()
  }

  /** All services of the node have started. */
  async afterStart (): Promise<void> {
    this.#isNodeStarting = false
    if (this.#phase !== 'listening') return
    this.#phase = 'joined'
    await this.#init.join()
  }

  /** The node is about to stop. */
  async beforeStop (): Promise<void> {
    if (this.#phase === 'joined') {
      this.#phase = 'leaving'
      this.#leaving = this.#init.leave()
    }
    await this.#leaving
  }

  /** It goes without a goodbye. To be followed by {@link stop}. @returns whether it had joined */
  abandon (): boolean {
    if (this.#phase !== 'joined') return false
    this.#phase = 'leaving'
    this.#leaving = undefined
    return true
  }

  async stop (): Promise<void> {
    await this.beforeStop()
    if (this.#phase !== 'stopped') {
      this.#phase = 'stopped'
      this.#isNodeStarting = false
      this.#ending = this.#end(this.#listening, this.#ending)
    }
    await this.#ending
  }

  /** What was begun before has to be over: else something of it would be left. */
  async #end (listening = Promise.resolve(), ending = Promise.resolve()): Promise<void> {
    await Promise.allSettled([listening, ending])
    await this.#init.end()
  }
}
