// News and tables of members that lie, into the membership of one node, in virtual time. Whatever is said, the node itself
// stays present, and what it keeps stays within its bounds.

import { MAX_INCARNATION, isPresent, parseRecord } from '../../../src/membership/member-record.js'
import { NewsTopic } from '../../../src/rpc/news-topic.js'
import { fakeLog } from '../../support/fake-log.js'
import { startMembership } from '../../support/one-membership.js'
import { mutated } from '../mutate.js'
import { must } from '../target.js'
import { IDS, aRecord, recordText } from './valid-records.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { OneMembership } from '../../support/one-membership.js'
import type { GossipSub, GossipsubMessage } from '@libp2p/gossipsub'
import type { Random } from '../random.js'
import type { Target } from '../target.js'

type Step =
  | { say: Uint8Array, author: string, type: string, topic: string }
  | { table: MemberRecord[], from: string }
  | { connected: string }
  | { disconnected: string }
  | { wait: number }

const TOPIC = 'news'
/** The node itself, as it is called in one-membership.ts. */
const SELF = 'm'
const PEERS = [...IDS, 'stranger'] as const

export const news: Target<Step[]> = {
  name: 'news',
  what: 'news and tables of liars, into a membership in virtual time',
  weight: 3,
  generate: random => Array.from({ length: 1 + random.int(12) }, () => step(random)),
  async run (steps) {
    const one = startMembership()
    const { onMessage, log } = topicOf(one)
    for (const step of steps) {
      if ('say' in step) onMessage(step)
      else if ('table' in step) one.membership.learn(step.from, step.table)
      else if ('wait' in step) one.clock.jump(step.wait)
      else meet(one, step)
    }
    one.clock.jump(5_000)
    await Promise.resolve()
    check(one)
    const before = one.membership.get(IDS[4])
    good(one, before)
    one.membership.stop()
    return log.errors.length === 0 ? 'accepted' : 'refused'
  }
}

function step (random: Random): Step {
  const id = random.pick(PEERS)
  const about = random.chance(0.1) ? aRecord(random, SELF) : aRecord(random)
  return random.way<Step>(
    [5, () => {
      const text = Buffer.from(recordText(random, about))
      const say = random.chance(0.2) ? mutated(text, random) : text
      return { say, author: random.chance(0.5) ? about.id : random.pick([...PEERS, SELF]), type: random.chance(0.95) ? 'signed' : 'unsigned', topic: random.chance(0.95) ? TOPIC : 'other' }
    }],
    [2, () => ({ table: [aRecord(random, id), ...random.list(6, () => random.chance(0.2) ? aRecord(random, SELF) : aRecord(random))], from: id })],
    [1, () => ({ connected: id })],
    [1, () => ({ disconnected: id })],
    [2, () => ({ wait: random.pick([0, 1, 200, 1_000, 10_000, 60_000]) })]
  )
}

function meet ({ membership, connected }: OneMembership, step: { connected: string } | { disconnected: string }): void {
  if ('connected' in step) {
    connected.add(step.connected)
    membership.connected(step.connected)
  } else {
    connected.delete(step.disconnected)
    membership.disconnected(step.disconnected)
  }
}

function topicOf ({ membership }: OneMembership): { onMessage: (step: Extract<Step, { say: Uint8Array }>) => void, log: ReturnType<typeof fakeLog> } {
  const log = fakeLog()
  let listener: ((event: CustomEvent<GossipsubMessage>) => void) | undefined
  const pubsub = { addEventListener: (_type: string, given: typeof listener) => { listener = given }, subscribe: () => {} } as unknown as GossipSub
  new NewsTopic({ pubsub, topic: TOPIC, log, onNews: (author, record) => { membership.hear(author, record) } }).start()
  return {
    log,
    onMessage: ({ say, author, type, topic }) => {
      listener?.({ detail: { msg: { topic, type, data: say, from: { toString: () => author } } } } as unknown as CustomEvent<GossipsubMessage>)
    }
  }
}

function check ({ membership, published, changes }: OneMembership): void {
  const { self } = membership
  must(isPresent(self) && self.id === SELF, `this node is ${self.state}`)
  must(self.incarnation <= MAX_INCARNATION, `this node is at incarnation ${self.incarnation}`)
  must(membership.present().some(({ id }) => id === SELF), 'this node is not present')
  const all = membership.records()
  must(all[0] === self, 'a table does not begin with this node')
  must(new Set(all.map(({ id }) => id)).size === all.length, 'a member is there twice')
  for (const record of [...all, ...published]) must(parseRecord(record) !== undefined, `it would tell of ${JSON.stringify(record)}, which nobody takes in`)
  // each other member joins before it goes, and so on in turns
  const present = new Set<string>()
  for (const change of changes) {
    const [kind, id = ''] = change.split(' ')
    if (kind === 'join') must(!present.has(id), `${id} joins twice`)
    if (kind === 'leave' || kind === 'fail') must(present.delete(id), `${id} goes and was not there`)
    if (kind === 'join') present.add(id)
  }
  for (const { id } of membership.present()) if (id !== SELF) must(present.has(id), `${id} is present and never joined`)
}

/** One that says itself that it is alive, with a higher incarnation, is believed. */
function good ({ membership }: OneMembership, before: MemberRecord | undefined): void {
  const incarnation = (before?.incarnation ?? 0) + 1
  if (incarnation > MAX_INCARNATION) return
  const id = IDS[4]
  membership.hear(id, { id, name: 'x', weight: 1, state: 'alive', incarnation, since: 1, addresses: [] })
  must(membership.get(id)?.state === 'alive', 'a member that says that it is alive is not believed')
}
