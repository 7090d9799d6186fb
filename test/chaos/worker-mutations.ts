// What is broken on purpose in the workers, to show that the checks find it. None unless CHAOS_MUTATION names one.

import type { Group, StandaloneGroupcache } from '../../src/index.js'

/** In this part of the cases. */
const PART = 0.02

type Mutation = (node: StandaloneGroupcache, groups: ReadonlyArray<Group<string>>) => void

export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  /** Some removals do nothing, and say that they have. */
  'lost removal' (_node, groups) {
    for (const group of groups) {
      const remove = group.remove.bind(group)
      Object.assign(group, { remove: (key: string) => Math.random() < PART ? Promise.resolve() : remove(key) })
    }
  },
  /** Some gets are answered with what another key has. */
  'wrong value' (_node, groups) {
    for (const group of groups) {
      const get = group.get.bind(group)
      Object.assign(group, { get: (key: string) => get(Math.random() < PART / 20 ? `${key}0` : key) })
    }
  },
  /** A timer is left behind. */
  'left timer' () {
    setInterval(() => {}, 1_000)
  },
  'unhandled rejection' () {
    setTimeout(() => { void Promise.reject(new Error('on purpose')) }, 2_000)
  }
}

/** @throws when there is none of that name */
export function applyMutation (name: string | undefined, node: StandaloneGroupcache, groups: ReadonlyArray<Group<string>>): void {
  if (name === undefined || name === '') return
  const mutation = MUTATIONS[name]
  if (mutation === undefined) throw new Error(`expected one of ${Object.keys(MUTATIONS).join(', ')}, got ${name}`)
  mutation(node, groups)
}
