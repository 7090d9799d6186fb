// Where values come from: a version per key, and a record of who read it when.

import type { LoadContext } from '../../../src/interface/group.js'
import type { SimNode } from './sim-node.js'
import type { Trace } from './trace.js'

/** A cached value, which tells where it is from. */
export interface Versioned {
  key: string
  version: number
  /** The load, or the set, that it came from: see {@link Origin.sources}. */
  source: number
}

/** A load or a set. */
export interface Source {
  key: string
  version: number
  /** In the order of things: when its value was as new as it ever was. Infinity while a set is not known to be over. */
  born: number
}

export interface Load {
  node: SimNode
  key: string
  beganAt: number
  /** In the order of things. */
  began: number
  endedAt: number | undefined
  failed: boolean
  signal: AbortSignal
  /** When nobody seemed to wait for it any more; see checker.ts. */
  unwantedSince: number | undefined
}

export interface OriginInit {
  random: () => number
  /** A number for each thing that happens, one after the other. */
  stamp: () => number
  now: () => number
  /** Part of the loads that fail, that take seconds, and that never settle. */
  failing: number
  slow: number
  hanging: number
  onLoad: (load: Load) => void
  trace: Trace
}

export const INJECTED = 'injected'

export class Origin {
  readonly sources = new Map<number, Source>()
  /** All there ever were; those that run are at the end somewhere. */
  readonly loads: Load[] = []
  readonly running = new Set<Load>()
  readonly #init: OriginInit
  readonly #versions = new Map<string, number>()
  #lastSource = 0

  constructor (init: OriginInit) {
    this.#init = init
  }

  version (key: string): number {
    return this.#versions.get(key) ?? 0
  }

  update (key: string): number {
    const version = this.version(key) + 1
    this.#versions.set(key, version)
    return version
  }

  newSource (source: Source): number {
    this.sources.set(++this.#lastSource, source)
    return this.#lastSource
  }

  /** Asynchronous but for a few: a loader may answer at once. */
  load (node: SimNode, key: string, context: LoadContext): Versioned | Promise<Versioned> {
    const { signal } = context
    const { random, stamp, now, failing, slow, hanging, onLoad, trace } = this.#init
    const load: Load = { node, key, beganAt: now(), began: stamp(), endedAt: undefined, failed: false, signal, unwantedSince: undefined }
    const source = this.newSource({ key, version: this.version(key), born: load.began })
    trace.add(node.name, `loads ${key}, source ${source}`)
    this.loads.push(load)
    this.running.add(load)
    signal.addEventListener('abort', () => { this.#end(load) })
    onLoad(load)
    context.setTags([tagOf(key)])
    const chance = random()
    const readsLate = random() < 0.3
    const fails = random() < failing
    const minds = random() < 0.5
    const finish = (): Versioned => {
      load.failed = fails
      this.#end(load)
      if (fails) throw new Error(INJECTED)
      const version = readsLate ? this.version(key) : (this.sources.get(source) as Source).version
      trace.add(node.name, `has loaded ${key} v${version}, source ${source}`)
      return { key, version, source }
    }
    if (chance < 0.05) return finish()
    const takes = chance < 0.05 + hanging ? Infinity : chance < 0.05 + hanging + slow ? 200 + random() * 4_000 : random() * 60
    return new Promise<Versioned>((resolve, reject) => {
      if (minds) signal.addEventListener('abort', () => { reject(signal.reason as Error) })
      if (takes === Infinity) return
      node.clock.setTimeout(() => {
        try {
          resolve(finish())
        } catch (err) {
          reject(err instanceof Error ? err : new Error(String(err)))
        }
      }, takes)
    })
  }

  /** The loads of a process end with it. */
  lost (node: SimNode): void {
    for (const load of this.running) if (load.node === node) this.#end(load)
  }

  #end (load: Load): void {
    load.endedAt ??= this.#init.now()
    this.running.delete(load)
  }
}

export function tagOf (key: string): string {
  return `t${key.charCodeAt(key.length - 1) % 3}`
}
