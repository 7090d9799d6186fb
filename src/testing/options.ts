// The options of a test cluster, checked; most of them are a member's own, which the member checks.

import { InvalidParametersError, NotStartedError } from '@libp2p/interface'
import { show } from '../errors.js'
import { defined, functionOption, numberOption, optionsObject } from '../validation.js'
import type { GroupcacheOptions, MembershipInit, StandaloneGroupcache } from '../interface/groupcache.js'
import type { AbortOptions } from '@libp2p/interface'

/** Of one member, as `createGroupcache` takes them. Where members are looked for, and where they listen, is the test cluster's affair. */
export interface TestMemberOptions extends Pick<GroupcacheOptions, 'name' | 'weight' | 'handOver' | 'rpc' | 'metrics' | 'privateKey'> {
  /** What is to be different from the members' haste in tests; with a `preset`, what that says instead. Not 'manual'. */
  membership?: MembershipInit | undefined
}

export interface TestClusterOptions extends Omit<TestMemberOptions, 'name' | 'weight' | 'metrics' | 'privateKey'> {
  /** @default 'test' */
  cluster?: string | undefined
  /** What is to be different for one member. Names are n0, n1, … unless this says otherwise. */
  member?: ((index: number) => TestMemberOptions) | undefined
  /** Runs for each member before it joins, later ones included: the place to create what your service has at each process. */
  setup?: ((node: StandaloneGroupcache, index: number) => void) | undefined
}

export interface AddOptions extends TestMemberOptions {
  /** During a partition: the side that it joins, by its position in what `partition` was given. @default 0 */
  side?: number | undefined
}

export interface SettledOptions extends AbortOptions {
  /** Milliseconds. @default 10_000 */
  timeout?: number | undefined
}

/** Each connects to each. */
const MAX_NODES = 32
const MEMBER_OPTIONS = ['name', 'weight', 'handOver', 'rpc', 'metrics', 'privateKey', 'membership'] as const
/** As quick as members may be: 2 · probeTimeout + suspicionMin has a lower bound; see membership/timing.ts. */
const HASTE: MembershipInit = { preset: 'local', probeInterval: 100, probeTimeout: 250, suspicionMin: 2_000, suspicionMax: 2_000, redialInterval: 100, exchangeInterval: 1_000 }

/** @throws InvalidParametersError */
export function countOption (count: unknown): number {
  return numberOption('n', count ?? null, { fallback: 1, min: 1, max: MAX_NODES, integer: true })
}

/** @throws InvalidParametersError */
export function checkRoom (count: number): void {
  if (count >= MAX_NODES) throw new InvalidParametersError(`add: expected at most ${MAX_NODES} nodes, those that ended included, got one more`)
}

/** @throws InvalidParametersError */
export function clusterOptions (options: unknown): TestClusterOptions {
  const known = optionsObject<TestClusterOptions>('options', options, ['cluster', 'membership', 'rpc', 'handOver', 'member', 'setup'])
  if (known.member !== undefined) functionOption('member', known.member)
  if (known.setup !== undefined) functionOption('setup', known.setup)
  return known
}

/** What one member is to be, put together. @throws InvalidParametersError */
export function memberOptions (index: number, { cluster = 'test', member, setup, ...shared }: TestClusterOptions, added: TestMemberOptions = {}): TestMemberOptions & { cluster: string, name: string } {
  const own = { ...defined(optionsObject<TestMemberOptions>('member()', member?.(index), MEMBER_OPTIONS)), ...defined(added) }
  const membership = own.membership ?? shared.membership
  if (typeof membership === 'string') throw new InvalidParametersError(`membership: expected options such as { preset: 'lan' }, got ${show(membership)}: members of a test cluster find each other by gossip`)
  return { ...shared, name: `n${index}`, ...own, cluster, membership: membership?.preset === undefined ? { ...HASTE, ...membership } : membership }
}

/** @throws InvalidParametersError */
export function addOptions (options: unknown): AddOptions {
  const known = optionsObject<AddOptions>('options', options, [...MEMBER_OPTIONS, 'side'])
  return known
}

/**
 * By index, the side that each live node is on.
 *
 * @param live - indexes
 * @param check - of an index, that it is one of a live node: see {@link liveIndex}
 * @throws InvalidParametersError @throws NotStartedError for one that has ended
 */
export function sidesOption (sides: unknown, live: readonly number[], check: (what: string, index: unknown) => number): Map<number, number> {
  if (!Array.isArray(sides) || sides.length < 2 || !sides.every(side => Array.isArray(side) && side.length > 0)) {
    throw new InvalidParametersError(`sides: expected two arrays of indexes or more, such as [[0, 1], [2]], got ${show(sides)}`)
  }
  const sideOf = new Map<number, number>()
  sides.forEach((side: unknown[], position) => {
    for (const each of side) {
      const index = check('sides', each)
      const other = sideOf.get(index)
      if (other !== undefined) throw new InvalidParametersError(`sides: expected each node on one side, got node ${index} on ${other === position ? `side ${position} twice` : `sides ${other} and ${position}`}`)
      sideOf.set(index, position)
    }
  })
  const missing = live.filter(index => !sideOf.has(index))
  if (missing.length > 0) throw new InvalidParametersError(`sides: expected all live nodes, got none for ${missing.join(', ')}`)
  return sideOf
}

/** @throws InvalidParametersError for an index that there is not @throws NotStartedError for a node that has ended */
export function liveIndex (what: string, index: unknown, endings: ReadonlyArray<string | undefined>): number {
  if (!Number.isInteger(index) || (index as number) < 0 || (index as number) >= endings.length) {
    throw new InvalidParametersError(`${what}: expected the index of a node, from 0 to ${endings.length - 1}, got ${show(index)}`)
  }
  const ending = endings[index as number]
  if (ending !== undefined) throw new NotStartedError(`${what}: node ${String(index)} ${ending}`)
  return index as number
}
