// What name servers, registries and neighbours say of where members are.

import { InvalidParametersError } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { decode, encode } from 'dns-packet'
import { MAX_LIST_DIALS } from '../../../src/constants.js'
import { addressesIn } from '../../../src/discovery/host.js'
import { AddressList } from '../../../src/discovery/address-list.js'
import { NameRecords } from '../../../src/discovery/name-records.js'
import { parseAddress } from '../../../src/rpc/addresses.js'
import { Concurrency } from '../../../src/concurrency.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'
import { mutated } from '../mutate.js'
import { must, tried, triedLater } from '../target.js'
import { IDS } from './valid-records.js'
import type { Random } from '../random.js'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Target } from '../target.js'

const TAG = '_groupcache-test._udp.local'
const ADDRESSES = ['/ip4/127.0.0.1/tcp/4001', `/ip4/127.0.0.1/tcp/1/p2p/${IDS[0]}`, '/ip6/::1/tcp/4001', '/dns4/a.test/tcp/1', '/dnsaddr/x.test', '/ip4/10.0.0.7/tcp/4001', `/p2p/${IDS[1]}`, '/unix/%2Ftmp%2Fx', '/ip4/127.0.0.1/udp/5/quic-v1']

function addressText (random: Random): string {
  const text = random.chance(0.5) ? random.pick(ADDRESSES) : `/${random.pick(['ip4', 'ip6', 'dns4', 'tcp', 'p2p', 'ip6zone', random.text(6)])}/${random.pick(['127.0.0.1', '::1', '0', '65536', '%', random.text(12)])}/tcp/${random.u32()}`
  return random.chance(0.7) ? text : mutated(Buffer.from(text), random).toString('latin1')
}

interface Names { hostname: string, port: number, answers: unknown[], turns: string[] }

const ODD: readonly unknown[] = [null, undefined, 7, '', '127.0.0.1', '1.2.3.4', '::1', 'fe80::1%eth0', '999.1.1.1', 'a.test', {}, [], { address: '1.2.3.4' }, { address: 5 }, { name: 'a.test', port: 1 }, { name: '.', port: 1 }, { name: '', port: 0 }, { name: 'b.test', port: 70_000 }, { name: '10.0.0.1', port: 5 }, { name: 'x'.repeat(300), port: 2 }]

export const names: Target<Names> = {
  name: 'names',
  what: 'records that name servers answer with',
  weight: 1,
  generate: random => ({
    hostname: random.pick(['_groupcache._tcp.test', 'a.test', '127.0.0.1']),
    port: random.pick([1, 4001, 65_535]),
    answers: Array.from({ length: 8 }, () => random.chance(0.8) ? random.list(6, () => random.pick(ODD)) : random.pick(ODD)),
    turns: Array.from({ length: 8 }, () => random.pick(['answer', 'answer', 'answer', 'ENOTFOUND', 'ESERVFAIL', 'odd']))
  }),
  async run ({ hostname, port, answers, turns }) {
    let turn = 0
    const next = async (): Promise<never> => {
      const way = turns[turn % turns.length] as string
      const answer = answers[turn++ % answers.length]
      if (way === 'answer') return answer as never
      throw way === 'odd' ? answer : Object.assign(new Error(way), { code: way })
    }
    const resolver = { resolve4: next, resolve6: next, resolveSrv: next, lookup: next }
    const known = new NameRecords(hostname, port)
    let isFound = false
    for (let i = 0; i < 2; i++) {
      const found = await triedLater(['Error'], () => known.addresses(resolver))
      for (const address of found?.value.addresses ?? []) multiaddr(address)
      isFound ||= found !== undefined
    }
    return isFound ? 'accepted' : 'refused'
  }
}

interface Lists { lists: string[][], ends: string[] }

export const lists: Target<Lists> = {
  name: 'lists',
  what: 'lists of addresses that come and go, and how dials end',
  weight: 1,
  generate: random => ({ lists: Array.from({ length: 1 + random.int(4) }, () => random.list(6, () => addressText(random))), ends: Array.from({ length: 8 }, () => random.pick(['well', 'own', 'dead', 'odd'])) }),
  async run ({ lists, ends }) {
    const clock = new FakeClock()
    let [dialled, underWay, most, turn] = [0, 0, 0, 0]
    const connect = async (): Promise<never> => {
      dialled++
      most = Math.max(most, ++underWay)
      await Promise.resolve()
      underWay--
      const end = ends[turn++ % ends.length]
      if (end === 'own') throw new InvalidParametersError('its own')
      if (end === 'dead') throw new Error('nobody there')
      // eslint-disable-next-line @typescript-eslint/only-throw-error
      if (end === 'odd') throw undefined
      return { toString: () => 'peer' } as never
    }
    const list = new AddressList({ connect, isSettled: () => false, whose: () => undefined, dials: new Concurrency(MAX_LIST_DIALS), clock, random: () => 0.5, log: fakeLog() })
    for (const texts of lists) {
      list.set(texts.flatMap(text => tried(['InvalidParametersError'], () => parseAddress(text))?.value ?? []))
      for (let i = 0; i < 8; i++) await Promise.resolve()
      clock.jump(70_000)
    }
    list.set([])
    list.stop()
    must(most <= MAX_LIST_DIALS, `${most} dials at a time`)
    must(dialled <= lists.flat().length, `${dialled} dials of ${lists.flat().length} addresses`)
    return dialled > 0 ? 'accepted' : 'refused'
  }
}

export const packets: Target<Uint8Array> = {
  name: 'packets',
  what: 'packets of multicast DNS',
  weight: 0.5,
  generate (random) {
    const answers = [{ type: 'PTR', name: TAG, data: `x.${TAG}` }, ...random.list(5, () => random.way<object>(
      [3, () => ({ type: 'PTR', name: random.chance(0.9) ? TAG : 'x.local', data: random.chance(0.9) ? `x.${TAG}` : '' })],
      [5, () => ({ type: 'TXT', name: random.chance(0.9) ? `x.${TAG}` : 'x.local', data: random.list(3, () => addressText(random)) })],
      [1, () => ({ type: 'A', name: TAG, data: '1.2.3.4' })],
      [1, () => ({ type: 'SRV', name: TAG, data: { port: 1, target: 'a.test' } })],
      [1, () => ({ type: 'OPT', name: '.', options: [] })]
    ))]
    const bytes = encode({ type: 'response', id: 0, answers: answers as never })
    return random.chance(0.7) ? bytes : mutated(bytes, random)
  },
  run (bytes) {
    let packet
    try {
      packet = decode(Buffer.from(bytes))
    } catch {
      // multicast-dns gives a warning, and goes on
      return 'refused'
    }
    if (packet.type !== 'response') return 'refused'
    const found: Multiaddr[] = addressesIn(packet as never, TAG)
    for (const address of found) must(/^\/(ip4\/127\.|ip6\/::1(\/|$)|ip6\/::ffff:(127\.|7f))/.test(address.toString()), `${address.toString()} is not of this machine`)
    return found.length > 0 ? 'accepted' : 'refused'
  }
}
