// Member records as they should be, and what is not one.

import type { MemberRecord } from '../../../src/membership/member-record.js'
import type { MemberState } from '../../../src/interface/member.js'
import type { Random } from '../random.js'

/** Peer ids, written as they are. */
export const IDS = [
  '12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg',
  '12D3KooWCACr4LciSpr5KCvPXH4WFDRnNzxHJLUDHTfQSjRXs9Hi',
  '12D3KooWGAvobtmvxV6wyd4UQ3QYgtGBiTDpzoyLwjfHkH1Fu4dF',
  '12D3KooWERwfiez4KRE7Yzh1kCpUqfRjPNJiBfEgSkMAJMXiieR1',
  '12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5'
] as const
const STATES: readonly MemberState[] = ['alive', 'alive', 'alive', 'suspect', 'dead', 'left']
const ADDRESSES = ['/ip4/10.0.0.7/tcp/4001', '/ip6/::1/tcp/1', '/dns4/a.example/tcp/4001', '/ip4/127.0.0.1/udp/1/quic-v1', '/p2p/', '/ip4/300.1.1.1/tcp/1', '/x', '/', '/ip4/1.2.3.4/tcp/99999', `/ip4/10.0.0.8/tcp/1/p2p/${IDS[0]}`]
const ODD: readonly unknown[] = [null, true, -1, 0.5, 1e308, -0, 2 ** 53, '', 'x', '__proto__', [], {}, [[]], { length: 3 }, '\ud800', 'ü'.repeat(200)]
const FIELDS = ['id', 'name', 'weight', 'state', 'incarnation', 'since', 'addresses'] as const

export function aRecord (random: Random, id: string = random.pick(IDS)): MemberRecord {
  return {
    id,
    name: random.text(12) || 'n',
    weight: random.pick([0, 0.1, 1, 1, 1, 10]),
    state: random.pick(STATES),
    incarnation: random.pick([0, 0, 1, 2, 1_000, 2 ** 40, Number.MAX_SAFE_INTEGER - 1, random.int(10)]),
    since: random.int(2 ** 40),
    addresses: random.list(random.chance(0.1) ? 16 : 3, () => random.pick(ADDRESSES))
  }
}

/** JSON of a record, or of something that is like one. */
export function recordText (random: Random, record = aRecord(random)): string {
  if (random.chance(0.6)) return JSON.stringify(record)
  const odd: Record<string, unknown> = { ...record }
  for (let i = 1 + random.int(2); i > 0; i--) {
    const field = random.pick(FIELDS)
    random.way(
      [3, () => { odd[field] = random.pick(ODD) }],
      [1, () => { delete odd[field] }],
      [1, () => { odd[random.text(12)] = random.pick(ODD) }],
      [1, () => { odd.addresses = random.list(20, () => random.pick<unknown>([...ADDRESSES, ...ODD])) }],
      [1, () => { odd.id = random.text(140) }]
    )
  }
  return JSON.stringify(odd)
}
