// One run of a loader: what it is told, and what it says of its value.

import { lifetime, tagsOption } from '../validation.js'
import type { LoadContext } from '../interface/group.js'

const NO_TAGS: readonly string[] = []

export class LoadRun {
  /** What the loader said last; undefined = nothing. What it says after it has settled comes too late. */
  ttl: number | undefined
  tags: readonly string[] = NO_TAGS
  readonly context: LoadContext = new Context(this)
  /** Made when the loader asks for its signal: it costs more than all the rest of a load. */
  #controller: AbortController | undefined
  #abortedWith: Error | undefined

  abort (reason: Error): void {
    this.#abortedWith = reason
    this.#controller?.abort(reason)
  }

  get abortedWith (): Error | undefined {
    return this.#abortedWith
  }

  get signal (): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#abortedWith !== undefined) this.#controller.abort(this.#abortedWith)
    }
    return this.#controller.signal
  }
}

/** What the loader is handed. It may take it to pieces, so no function in it needs `this`. */
class Context implements LoadContext {
  declare readonly signal: AbortSignal
  readonly setTtl: LoadContext['setTtl']
  readonly setTags: LoadContext['setTags']
  readonly #run: LoadRun

  constructor (run: LoadRun) {
    this.#run = run
    Object.defineProperty(this, 'signal', Context.#SIGNAL)
    this.setTtl = ms => { run.ttl = lifetime('setTtl', ms) }
    this.setTags = tags => { run.tags = tagsOption('setTags', tags) }
  }

  /**
   * A property of each context, so that it is there in copies as well, with one getter for all of them: for
   * a getter of its own V8 makes a hidden class of its own, which is 250 bytes of old garbage for each load.
   */
  static readonly #SIGNAL: PropertyDescriptor = {
    enumerable: true,
    configurable: true,
    get (this: Context) { return this.#run.signal }
  }
}
