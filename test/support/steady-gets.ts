// Gets that go on at all nodes while something happens to them; each has to be answered, and in time.

import { expect } from 'chai'
import type { Group, StandaloneGroupcache } from '../../src/index.js'

/** Milliseconds after which a get counts as failed. */
const PATIENCE = 5_000
const KEYS = 200

export class SteadyGets {
  readonly #loops = new Map<StandaloneGroupcache, { isOver: boolean, done: Promise<void> }>()
  readonly #failures: unknown[] = []
  #answered = 0

  constructor (nodes: Iterable<StandaloneGroupcache>) {
    for (const node of nodes) this.join(node)
  }

  join (node: StandaloneGroupcache): void {
    // without copies, so that most gets travel
    const group = node.group<string>('steady', { load: key => `value of ${key}`, hot: false })
    const loop = { isOver: false, done: Promise.resolve() }
    this.#loops.set(node, loop)
    loop.done = this.#run(group, loop)
  }

  /** Ends the gets at a node that is about to stop. */
  async leave (node: StandaloneGroupcache): Promise<void> {
    const loop = this.#loops.get(node)
    if (loop === undefined) return
    this.#loops.delete(node)
    loop.isOver = true
    await loop.done
  }

  /** @returns how many gets were answered @throws AssertionError when one was not, or wrongly */
  async end (): Promise<number> {
    await Promise.all([...this.#loops.keys()].map(node => this.leave(node)))
    expect(this.#failures).to.deep.equal([])
    expect(this.#answered).to.be.greaterThan(0)
    return this.#answered
  }

  async #run (group: Group<string>, loop: { isOver: boolean }): Promise<void> {
    for (let i = 0; !loop.isOver; i++) {
      const key = `k${i % KEYS}`
      try {
        const value = await group.get(key, { timeout: PATIENCE })
        if (value === `value of ${key}`) this.#answered++
        else this.#failures.push(`${key} gave ${value}`)
      } catch (err) {
        this.#failures.push(err)
        // one is enough, and the nodes may have been stopped by a test that failed
        return
      }
      // others want to run, too
      await new Promise(resolve => { setTimeout(resolve, 1) })
    }
  }
}
