// What is taken out, or broken, in the workers on purpose, to show that the checks find it. Nothing unless CHAOS_MUTATION names something.

import { CacheGroup } from '../../src/group/cache-group.js'
import { RemoteReads } from '../../src/group/remote-reads.js'
import { Flights } from '../../src/flight/flights.js'
import { patch } from '../support/patch.js'
import { MUTATIONS as SAFEGUARDS } from '../support/sim/mutations.js'

/** One answer in so many is wrong. */
const RARELY = 2_000

/** Beside those of the simulation. */
const MORE: ReadonlyArray<{ name: string, apply: () => unknown }> = [
  {
    name: 'a get fails when its owner is unreachable',
    apply: () => patch(RemoteReads<unknown>, 'mayGoOn', () => err => { throw err as Error })
  },
  {
    name: 'now and then a value is another one',
    apply: () => patch(CacheGroup<unknown>, 'decode', original => function (this: CacheGroup<unknown>, key, entry) {
      const value = original.call(this, key, entry) as string
      return Math.random() * RARELY < 1 ? `x${value}` : value
    })
  },
  { name: 'nobody joins a load', apply: () => patch(Flights<unknown>, 'get', () => () => undefined) },
  { name: 'a timer is left behind', apply: () => setInterval(() => {}, 1_000) },
  { name: 'a rejection is handled by nobody', apply: () => setTimeout(() => { void Promise.reject(new Error('on purpose')) }, 2_000) },
  { name: 'a warning is emitted', apply: () => setTimeout(() => { process.emitWarning('on purpose') }, 2_000) },
  { name: 'memory is taken, and kept', apply: () => { kept.push(Buffer.alloc(400 * 1024 * 1024, 1)) } }
]
const kept: Buffer[] = []

/** @throws when there is none of that name */
export function mutate (name: string | undefined): void {
  if (name === undefined || name === '') return
  const all = [...SAFEGUARDS, ...MORE]
  const mutation = all.find(mutation => mutation.name === name)
  if (mutation === undefined) throw new Error(`CHAOS_MUTATION: expected one of\n${all.map(({ name }) => `  ${name}`).join('\n')}\ngot ${name}`)
  mutation.apply()
}
