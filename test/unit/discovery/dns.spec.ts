import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { Resolver } from 'node:dns/promises'
import { dns } from '../../../src/discovery/dns.js'
import { FakeClock, settled } from '../../support/fake-clock.js'
import { fakeContext } from '../../support/fake-context.js'
import { SEEDS, seeded } from '../../support/seeds.js'
import type { FakeContext } from '../../support/fake-context.js'
import type { DiscoverySource, DnsInit, NameResolver } from '../../../src/index.js'

const NAME = 'cache.default.svc.cluster.local'
const SERVICE = `_groupcache._tcp.${NAME}`

/** What each question is answered: an error code, an error, or anything else, as it is. "A name" → … */
type Zone = Record<string, unknown>

interface FakeResolver extends Required<NameResolver> { asked: string[] }

function fakeResolver (zone: Zone): FakeResolver {
  const asked: string[] = []
  const answer = async (question: string): Promise<never> => {
    asked.push(question)
    const found = zone[question] ?? 'ENOTFOUND'
    if (found instanceof Error) throw found
    if (typeof found === 'string') throw Object.assign(new Error(`query ${found} ${question}`), { code: found })
    return found as Promise<never>
  }
  return {
    asked,
    resolve4: name => answer(`A ${name}`),
    resolve6: name => answer(`AAAA ${name}`),
    resolveSrv: name => answer(`SRV ${name}`),
    lookup: name => answer(`lookup ${name}`)
  }
}

interface Setup extends FakeContext { clock: FakeClock, source: DiscoverySource, zone: Zone, resolver: FakeResolver }

function start (zone: Zone, init: Partial<DnsInit> = {}): Setup {
  const clock = new FakeClock()
  const fake = fakeContext()
  const resolver = fakeResolver(zone)
  const source = dns({ hostname: NAME, ...(init.hostname?.startsWith('_') === true ? {} : { port: 4001 }), resolver, clock, random: () => 0.5, ...init })(fake.context)
  void source.start()
  return { ...fake, clock, source, zone, resolver }
}

describe('dns()', () => {
  it('finds a member at every A and AAAA record, in an order of its own', async () => {
    const { replaced, clock } = start({ [`A ${NAME}`]: ['10.0.0.9', '10.0.0.8'], [`AAAA ${NAME}`]: ['fd00::2'] })
    await clock.advance(0)
    expect(replaced).to.deep.equal([['/ip4/10.0.0.8/tcp/4001', '/ip4/10.0.0.9/tcp/4001', '/ip6/fd00::2/tcp/4001']])
  })

  it('finds a member at every SRV record, each at its own port', async () => {
    const { replaced, clock } = start({
      [`SRV ${SERVICE}`]: [{ name: `b.${NAME}`, port: 2, priority: 1, weight: 1 }, { name: `a.${NAME}`, port: 1, priority: 0, weight: 0 }, { name: `a.${NAME}`, port: 3 }, { name: '10.0.0.7', port: 4 }],
      [`A a.${NAME}`]: ['10.0.0.1'],
      [`A b.${NAME}`]: ['10.0.0.2'],
      [`AAAA b.${NAME}`]: ['fd00::2']
    }, { hostname: SERVICE })
    await clock.advance(0)
    expect(replaced).to.deep.equal([['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.1/tcp/3', '/ip4/10.0.0.2/tcp/2', '/ip4/10.0.0.7/tcp/4', '/ip6/fd00::2/tcp/2']])
  })

  it('takes the port it was given before that of an SRV record', async () => {
    const { replaced, clock } = start({ [`SRV ${SERVICE}`]: [{ name: 'a', port: 80 }], 'A a': ['10.0.0.1'] }, { hostname: SERVICE, port: 4001 })
    await clock.advance(0)
    expect(replaced).to.deep.equal([['/ip4/10.0.0.1/tcp/4001']])
  })

  it('takes an IP address as it is', async () => {
    const { replaced, clock, resolver } = start({}, { hostname: 'fd00::7' })
    await clock.advance(0)
    expect([replaced, resolver.asked]).to.deep.equal([[['/ip6/fd00::7/tcp/4001']], []])
  })

  it('asks the system for what the name servers do not know, or do not answer', async () => {
    for (const failure of ['ENOTFOUND', 'ENODATA', 'ESERVFAIL', 'ECONNREFUSED', 'ETIMEOUT']) {
      const { replaced, clock, log } = start({ [`A ${NAME}`]: failure, [`AAAA ${NAME}`]: failure, [`lookup ${NAME}`]: [{ address: '10.0.0.1', family: 4 }, { address: 'fd00::1', family: 6 }] })
      await clock.advance(0)
      expect(replaced, failure).to.deep.equal([['/ip4/10.0.0.1/tcp/4001', '/ip6/fd00::1/tcp/4001']])
      expect(log.errors, failure).to.deep.equal([])
    }
  })

  it('does not ask the system when the name servers know an address, nor when it was given a resolver that has no lookup', async () => {
    const { clock, resolver } = start({ [`A ${NAME}`]: ['10.0.0.1'] })
    await clock.advance(0)
    expect(resolver.asked).to.have.members([`A ${NAME}`, `AAAA ${NAME}`])
    const { lookup: _lookup, ...servers } = fakeResolver({ [`lookup ${NAME}`]: [{ address: '10.0.0.1' }] })
    const other = start({}, { resolver: servers })
    await other.clock.advance(0)
    expect([other.replaced, other.log.errors.length]).to.deep.equal([[], 1])
  })

  it('works with a Resolver of Node.js, whose methods need it as `this`', () => {
    expect(() => dns({ hostname: NAME, port: 1, resolver: new Resolver() })).to.not.throw()
  })

  const nonsense: Array<[string, unknown]> = [
    ['an error', new Error('broken')],
    ['SERVFAIL', 'ESERVFAIL'],
    ['a timeout', 'ETIMEOUT'],
    ['that there is no such name', 'ENOTFOUND'],
    ['that there is no such record', 'ENODATA'],
    ['nothing', []],
    ['a number', 5],
    ['an object', {}],
    ['names in place of addresses', ['nonsense', '', null, 5, {}]],
    ['addresses of the other family, or with a zone', ['fd00::1', 'fe80::1%eth0']]
  ]
  for (const [what, answer] of nonsense) {
    it(`keeps what is known, and says so once, when the resolver answers ${what}`, async () => {
      const { replaced, clock, zone, log } = start({ [`A ${NAME}`]: ['10.0.0.1', '10.0.0.2'] })
      await clock.advance(0)
      const known = [['/ip4/10.0.0.1/tcp/4001', '/ip4/10.0.0.2/tcp/4001']]
      expect(replaced).to.deep.equal(known)
      zone[`A ${NAME}`] = answer
      await clock.advance(30_000)
      expect(replaced).to.deep.equal([...known, ...known, ...known, ...known])
      expect(log.errors).to.have.length(1)
      expect(log.errors[0]).to.include('what')
      zone[`A ${NAME}`] = ['10.0.0.3']
      await clock.advance(10_000)
      expect(replaced.at(-1)).to.deep.equal(['/ip4/10.0.0.3/tcp/4001'])
      expect(log.errors).to.have.length(1)
      // a failure that comes back is said again
      zone[`A ${NAME}`] = answer
      await clock.advance(10_000)
      expect(log.errors).to.have.length(2)
    })

    it(`tries again soon, then less often, when the resolver has only ever answered ${what}`, async () => {
      const { replaced, clock, resolver, log, zone } = start({ [`A ${NAME}`]: answer, [`AAAA ${NAME}`]: answer === 'ENODATA' ? 'ENODATA' : undefined })
      await clock.advance(1_500)
      expect(resolver.asked.filter(question => question === `A ${NAME}`).length).to.be.within(3, 5)
      await clock.advance(600_000)
      expect([replaced, log.errors.length]).to.deep.equal([[], 1])
      expect(resolver.asked.filter(question => question === `A ${NAME}`).length).to.be.within(60, 140)
      zone[`A ${NAME}`] = ['10.0.0.1']
      await clock.advance(10_000)
      expect(replaced[0]).to.deep.equal(['/ip4/10.0.0.1/tcp/4001'])
    })
  }

  it('keeps what one question was answered last when it is not answered, and the other one is', async () => {
    const { replaced, clock, zone } = start({ [`A ${NAME}`]: ['10.0.0.1'], [`AAAA ${NAME}`]: ['fd00::1'] })
    await clock.advance(0)
    zone[`AAAA ${NAME}`] = 'ESERVFAIL'
    zone[`A ${NAME}`] = ['10.0.0.2']
    await clock.advance(20_000)
    expect(replaced.slice(1)).to.deep.equal([['/ip4/10.0.0.2/tcp/4001', '/ip6/fd00::1/tcp/4001'], ['/ip4/10.0.0.2/tcp/4001', '/ip6/fd00::1/tcp/4001']])
    // that there are none is an answer
    zone[`AAAA ${NAME}`] = 'ENODATA'
    await clock.advance(10_000)
    expect(replaced.at(-1)).to.deep.equal(['/ip4/10.0.0.2/tcp/4001'])
  })

  it('keeps the targets of a service whose SRV records, or whose addresses, are not answered', async () => {
    const zone: Zone = { [`SRV ${SERVICE}`]: [{ name: 'a', port: 1 }, { name: 'b', port: 1 }], 'A a': ['10.0.0.1'], 'A b': ['10.0.0.2'] }
    const { replaced, clock } = start(zone, { hostname: SERVICE })
    await clock.advance(0)
    zone['A b'] = 'ETIMEOUT'
    await clock.advance(10_000)
    zone[`SRV ${SERVICE}`] = 'ESERVFAIL'
    zone['A a'] = ['10.0.0.3']
    await clock.advance(10_000)
    expect(replaced).to.deep.equal([['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1'], ['/ip4/10.0.0.1/tcp/1', '/ip4/10.0.0.2/tcp/1'], ['/ip4/10.0.0.2/tcp/1', '/ip4/10.0.0.3/tcp/1']])
  })

  it('leaves out SRV records that are none, and uses the others', async () => {
    const records = [null, 5, 'x', {}, { name: 'a' }, { name: '', port: 1 }, { name: '.', port: 1 }, { name: 'a', port: 0 }, { name: 'a', port: 65_536 }, { name: 'a', port: 1.5 }, { name: 'a', port: '1' }, { name: 'a', port: 1 }]
    const { replaced, clock } = start({ [`SRV ${SERVICE}`]: records, 'A a': ['10.0.0.1'] }, { hostname: SERVICE })
    await clock.advance(0)
    expect(replaced).to.deep.equal([['/ip4/10.0.0.1/tcp/1']])
  })

  it('asks for no more than a thousand targets of a service, sixteen at a time', async () => {
    const zone: Zone = { [`SRV ${SERVICE}`]: Array.from({ length: 5_000 }, (_, i) => ({ name: `t${i}`, port: 1 })) }
    let [underWay, most] = [0, 0]
    const resolver: NameResolver = {
      ...fakeResolver(zone),
      resolve4: async () => {
        most = Math.max(most, ++underWay)
        await settled()
        underWay--
        return ['10.0.0.1']
      }
    }
    const { replaced, clock } = start(zone, { hostname: SERVICE, resolver })
    while (replaced.length === 0) await clock.advance(0)
    expect([replaced, most]).to.deep.equal([[['/ip4/10.0.0.1/tcp/1']], 16])
  })

  for (const seed of SEEDS) {
    it(`asks every ten seconds, give or take a quarter, a different pause each time (seed ${seed})`, async () => {
      const times: number[] = []
      const clock = new FakeClock()
      const resolver: NameResolver = {
        ...fakeResolver({}),
        resolve4: async () => {
          times.push(clock.now())
          return ['10.0.0.1']
        }
      }
      void dns({ hostname: NAME, port: 1, resolver, clock, random: seeded(seed) })(fakeContext().context).start()
      await clock.advance(1_000_000)
      const pauses = times.slice(1).map((time, i) => time - (times[i] as number))
      for (const pause of pauses) expect(pause).to.be.within(7_500, 12_500)
      expect(new Set(pauses).size).to.equal(pauses.length)
      expect(pauses.length).to.be.within(85, 115)
    })
  }

  it('gives up a resolver that does not answer, keeps what is known, and asks again', async () => {
    const { replaced, clock, zone, log, resolver } = start({ [`A ${NAME}`]: ['10.0.0.1'] })
    await clock.advance(0)
    zone[`A ${NAME}`] = new Promise(() => {})
    await clock.advance(41_000)
    expect([replaced.length, log.errors.length]).to.deep.equal([2, 1])
    await clock.advance(10_000)
    expect(resolver.asked.filter(question => question === `A ${NAME}`)).to.have.length(3)
  })

  it('ends with stop: no timer, and a late answer is not used', async () => {
    const answer = Promise.withResolvers<string[]>()
    const { replaced, clock, source } = start({ [`A ${NAME}`]: answer.promise })
    await settled()
    await source.stop()
    answer.resolve(['10.0.0.1'])
    await clock.advance(60_000)
    expect([replaced, clock.timers]).to.deep.equal([[], 0])
  })

  it('keeps what it knows of one node from another', async () => {
    const zone: Zone = { [`A ${NAME}`]: ['10.0.0.1'] }
    const clock = new FakeClock()
    const discovery = dns({ hostname: NAME, port: 1, resolver: fakeResolver(zone), clock })
    const [one, two] = [fakeContext(), fakeContext()]
    void discovery(one.context).start()
    await settled()
    zone[`A ${NAME}`] = 'ESERVFAIL'
    void discovery(two.context).start()
    await settled()
    expect([one.replaced.length, two.replaced.length]).to.deep.equal([1, 0])
  })

  describe('options', () => {
    for (const hostname of ['cache', 'cache.', 'cache_1.internal', 'CACHE.example', 'a-b.c', '10.0.0.1', '::1', `${'a'.repeat(63)}.b`, 'tasks.cache']) {
      it(`takes the hostname ${hostname.slice(0, 20)}`, () => { expect(() => dns({ hostname, port: 1 })).to.not.throw() })
    }

    for (const hostname of [undefined, null, 5, {}, '', '.', ' ', 'a b', 'a..b', '.a', '-a', 'a-', 'a/b', 'a:80', 'http://a', 'a'.repeat(64), `${'a.'.repeat(127)}a`, 'ключ', '_groupcache', '_groupcache._tcp', '_groupcache.cache.local', '/ip4/10.0.0.1']) {
      it(`refuses the hostname ${JSON.stringify(hostname)?.slice(0, 20)}`, () => {
        expect(() => dns({ hostname: hostname as string, port: 1 })).to.throw(InvalidParametersError, /^dns hostname: expected a DNS name such as .+, got /)
      })
    }

    for (const port of [null, 0, -1, 65_536, 1.5, NaN, '4001', {}]) {
      it(`refuses the port ${JSON.stringify(port)}, for a service as well`, () => {
        for (const hostname of [NAME, SERVICE]) expect(() => dns({ hostname, port: port as number })).to.throw(InvalidParametersError, /^dns port: expected a whole number from 1 to 65535, got /)
      })
    }

    it('need a port, but for a service', () => {
      expect(() => dns({ hostname: NAME })).to.throw(InvalidParametersError, /^dns port: expected a whole number from 1 to 65535, got undefined$/)
      expect(() => dns({ hostname: SERVICE })).to.not.throw()
    })

    it('are refused when they are wrong', () => {
      for (const wrong of [undefined, null, NAME, 5, []]) expect(() => dns(wrong as never)).to.throw(InvalidParametersError, /^dns options: expected an object, got /)
      expect(() => dns({ hostname: NAME, ports: 5 } as never)).to.throw(InvalidParametersError, /^dns options: .+, got "ports"/)
      for (const interval of [0, -1, NaN, '5', 2 ** 31]) expect(() => dns({ hostname: NAME, port: 1, interval: interval as number })).to.throw(InvalidParametersError, /^dns interval: expected a number from 1 to \d+, got /)
      expect(() => dns({ hostname: NAME, port: 1, resolver: null as never })).to.throw(InvalidParametersError, /^dns resolver: expected an object, got null$/)
      expect(() => dns({ hostname: NAME, port: 1, resolver: {} as never })).to.throw(InvalidParametersError, /^dns resolver.resolve4: expected a function, got undefined$/)
      expect(() => dns({ hostname: NAME, port: 1, resolver: { ...fakeResolver({}), lookup: 5 as never } })).to.throw(InvalidParametersError, /^dns resolver.lookup: expected a function, got 5$/)
    })
  })
})
