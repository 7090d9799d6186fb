// What members are overloaded with: for each scenario the group, the calls, and what is a right answer.

import { setTimeout as delay } from 'node:timers/promises'
import { bytes } from '../../src/index.js'
import type { GroupOptions, StandaloneGroupcache } from '../../src/index.js'
import type { ScenarioName } from './calls.js'

const MIB = 1024 * 1024

/** One scenario as a process has it. */
export interface Scenario {
  /** @returns what is wrong with the answer, if anything */
  call: (i: number) => Promise<string | undefined>
  loads: () => number
}

const KEYS = 20_000
/** 20 loads of 50 ms at a time: 400 a second at each member. */
const SLOW_LOAD = 50
const SLOW_LOADS = 20
/** The copies of the hot key live for so long, a load takes so long, and one of them stalls. */
const HOT_TTL = 100
const HOT_LOAD = 50
const HOT_STALL = 4_000
const STALLING_LOAD = 40
/** The largest value there is, a head less; and how many of them. */
const HUGE_BYTES = 64 * MIB - 1024
const HUGE_KEYS = 24
/** Their key stands in them twice, in so many letters. */
const MARK = 32

export function scenario (name: ScenarioName, node: StandaloneGroupcache): Scenario {
  switch (name) {
    case 'gets': return gets(node)
    case 'slow loader': return slowLoader(node)
    case 'hot key': return hotKey(node)
    case 'huge values': return hugeValues(node)
  }
}

function counted<V> (node: StandaloneGroupcache, name: ScenarioName, options: GroupOptions<V>): { get: (key: string) => Promise<V>, loads: () => number } {
  let loads = 0
  const group = node.group<V>(name, { ...options, load: (key, context) => { loads++; return options.load(key, context) } })
  return { get: key => group.get(key), loads: () => loads }
}

/** All in memory, and most of them in another member's. */
function gets (node: StandaloneGroupcache): Scenario {
  const { get, loads } = counted<string>(node, 'gets', { hot: false, load: key => key.padEnd(100, '.') })
  return {
    loads,
    call: async i => {
      const key = `key ${(Math.imul(i, 7_919) >>> 0) % KEYS}`
      return await get(key) === key.padEnd(100, '.') ? undefined : `wrong value of ${key}`
    }
  }
}

/** Keys that nobody asked for before, and a loader that cannot keep up. */
function slowLoader (node: StandaloneGroupcache): Scenario {
  const { get, loads } = counted<string>(node, 'slow loader', {
    hot: false,
    maxConcurrentLoads: SLOW_LOADS,
    loadTimeout: 1_000,
    load: async key => {
      await delay(SLOW_LOAD)
      return `value of ${key}`
    }
  })
  const salt = Math.random()
  let count = 0
  return {
    loads,
    call: async () => {
      const key = `${node.name} ${salt} ${count++}`
      return await get(key) === `value of ${key}` ? undefined : `wrong value of ${key}`
    }
  }
}

/** One key that all ask for all the time, which expires, and one of whose loads stalls. */
function hotKey (node: StandaloneGroupcache): Scenario {
  let count = 0
  const { get, loads } = counted<string>(node, 'hot key', {
    ttl: HOT_TTL,
    load: async () => {
      await delay(++count === STALLING_LOAD ? HOT_STALL : HOT_LOAD)
      return 'hot'
    }
  })
  return { loads, call: async () => await get('the one') === 'hot' ? undefined : 'a wrong value' }
}

/** Values of 64 MiB, more of them than the caches hold. */
function hugeValues (node: StandaloneGroupcache): Scenario {
  let source: Buffer | undefined
  const { get, loads } = counted<Uint8Array>(node, 'huge values', {
    codec: bytes(),
    hot: false,
    maxBytes: 160 * MIB,
    maxConcurrentLoads: 2,
    load: async key => {
      await delay(20)
      // encoding copies it before anything else runs
      source ??= Buffer.alloc(HUGE_BYTES, 1)
      const value = source
      for (const at of [0, HUGE_BYTES - MARK]) value.write(key.padEnd(MARK), at, 'latin1')
      return value
    }
  })
  let state = 1
  return {
    loads,
    call: async () => {
      state = Math.imul(state, 48_271) >>> 0
      const key = `huge ${(state >>> 8) % HUGE_KEYS}`
      const { buffer, byteOffset, byteLength } = await get(key)
      const value = Buffer.from(buffer, byteOffset, byteLength)
      const marks = [0, HUGE_BYTES - MARK].map(at => value.toString('latin1', at, at + MARK))
      return byteLength === HUGE_BYTES && marks.every(mark => mark === key.padEnd(MARK)) ? undefined : `wrong value of ${key}`
    }
  }
}
