// One membership, called 'm', on a clock and a network of the test's own.

import { Membership } from '../../src/membership/membership.js'
import { TIMINGS } from '../../src/membership/timing.js'
import { FakeClock } from './fake-clock.js'
import { alive } from './records.js'
import { seeded } from './seeds.js'
import type { Timing } from '../../src/interface/timing.js'
import type { MemberRecord } from '../../src/membership/member-record.js'
import type { MembershipTransport } from '../../src/membership/membership-transport.js'

export interface OneMembership {
  membership: Membership
  clock: FakeClock
  published: MemberRecord[]
  changes: string[]
  dialled: string[]
  exchanged: string[]
  pinged: string[]
  logged: string[]
  connected: Set<string>
  /** Members that answer nobody. */
  silent: Set<string>
  /** How dials end. */
  outcome: { next: Awaited<ReturnType<MembershipTransport['connect']>> | 'never' }
}

export function startMembership ({ addresses = ['/m'], isStarted = true, timing = {} }: { addresses?: string[], isStarted?: boolean, timing?: Partial<Timing> } = {}): OneMembership {
  const clock = new FakeClock()
  const [published, changes, dialled, exchanged, pinged, logged]: [MemberRecord[], string[], string[], string[], string[], string[]] = [[], [], [], [], [], []]
  const [connected, silent] = [new Set<string>(), new Set<string>()]
  const outcome: OneMembership['outcome'] = { next: 'connected' }
  const answer = async (ms: number, isHeard: boolean): Promise<boolean> => {
    if (!isHeard) await new Promise<void>(resolve => { clock.setTimeout(resolve, ms) })
    return isHeard
  }
  const membership = new Membership({
    self: { ...alive('m'), addresses: [] },
    clock,
    random: seeded(7),
    timing: { ...TIMINGS.lan, ...timing },
    onChange: ({ kind, member }) => { changes.push(`${kind} ${member.id}`) },
    onGivenUp: () => { changes.push('given up') },
    log: (format, ...args) => { logged.push([format, ...args].map(String).join(' ')) },
    transport: {
      publish: news => { published.push(news) },
      exchange: async id => { exchanged.push(id) },
      connect: async id => {
        dialled.push(id)
        if (outcome.next === 'connected') connected.add(id)
        return outcome.next === 'never' ? new Promise(() => {}) : outcome.next
      },
      isConnected: id => connected.has(id),
      ping: (id, timeout) => {
        pinged.push(id)
        return answer(timeout, !silent.has(id))
      },
      pingBy: async (via, id, timeout) => silent.has(via) ? answer(timeout, false).then(() => 'unheard' as const) : answer(timeout / 2, !silent.has(id)).then(isHeard => isHeard ? 'answers' as const : 'silent' as const)
    }
  })
  if (isStarted) membership.start(addresses)
  return { membership, clock, published, changes, dialled, exchanged, pinged, logged, connected, silent, outcome }
}

/** With these members, all connected and well, and nothing recorded yet. */
export async function startWith (ids: readonly string[], options: Parameters<typeof startMembership>[0] = {}): Promise<OneMembership> {
  const started = startMembership(options)
  const { membership, clock, connected, published, changes, dialled, exchanged, pinged } = started
  for (const id of ids) {
    connected.add(id)
    membership.learn(id, [alive(id)])
  }
  // until introductions are over
  await clock.advance(3_000)
  for (const list of [published, changes, dialled, exchanged, pinged]) list.length = 0
  return started
}
