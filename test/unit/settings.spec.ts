import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { DEFAULT_HOT_MAX_ITEMS, DEFAULT_HOT_TTL, DEFAULT_LOAD_TIMEOUT, DEFAULT_MAX_BYTES, DEFAULT_MAX_CONCURRENT_LOADS, DEFAULT_RPC_TIMEOUT, MAX_VALUE_BYTES } from '../../src/constants.js'
import { show } from '../../src/errors.js'
import { GroupMemory } from '../../src/cache/group-memory.js'
import { messagePack } from '../../src/codec/message-pack.js'
import { bootstrap } from '../../src/discovery/bootstrap.js'
import { dns } from '../../src/discovery/dns.js'
import { host } from '../../src/discovery/host.js'
import { mdns } from '../../src/discovery/mdns.js'
import { pull } from '../../src/discovery/pull.js'
import { groupSettings } from '../../src/group/settings.js'
import { MAX_WEIGHT, MIN_WEIGHT } from '../../src/membership/member-record.js'
import { TIMINGS } from '../../src/membership/timing.js'
import { settingsOf } from '../../src/settings.js'
import { checkKey, tagsOption } from '../../src/validation.js'
import { FakeClock } from '../support/fake-clock.js'
import { thrownBy } from '../support/thrown.js'
import type { GroupcacheInit, GroupOptions } from '../../src/index.js'
import type { Timing } from '../../src/interface/timing.js'

interface Row {
  option: string
  /** How the option is given. */
  give: (value: unknown) => unknown
  read: (settings: never) => unknown
  fallback?: unknown
  /** Each value, and what it becomes where that is something else. */
  accepted: unknown[]
  refused: unknown[]
}

/** What no option is. */
const NEVER = [null, Symbol('s'), 5n]
const DURATIONS = { accepted: [10_000, 2 ** 31 - 1, 100.5], refused: [0, -1, NaN, Infinity, 2 ** 31, '5', true, {}, [], ...NEVER] }
/** Of values: no timer is set for them. */
const LIFETIMES = { accepted: [0, 0.5, 10_000, 2 ** 40, Infinity], refused: [-1, NaN, -Infinity, '5', true, {}, [], ...NEVER] }
const longest = 'é'.repeat(127)

/** An option of the failure detector, with values that fit the defaults of the others. */
function timingRow (name: keyof Timing, values: { accepted: unknown[], refused: unknown[] }): Row {
  return { option: `membership.${name}`, give: value => ({ membership: { [name]: value } }), read: ({ membership }: { membership: Timing }) => membership[name], fallback: TIMINGS.lan[name], ...values }
}
const INTERVALS = { accepted: [20, 10_000, 2 ** 31 - 1, 100.5], refused: [19.9, ...DURATIONS.refused] }
const timingRows: Row[] = [
  ...(['probeInterval', 'redialInterval', 'exchangeInterval', 'probeTimeout', 'suspicionMax'] as const).map(name => timingRow(name, name === 'suspicionMax' ? { accepted: [3_000, 10_000], refused: DURATIONS.refused } : INTERVALS)),
  timingRow('suspicionMin', { accepted: [2_000, 5_000, 2_500.5], refused: DURATIONS.refused }),
  timingRow('indirectProbes', { accepted: [0, 1, 16], refused: [-1, 17, 1.5, NaN, Infinity, '3', {}, [], ...NEVER] }),
  { option: 'membership.preset', give: preset => ({ membership: { preset } }), read: ({ membership }: { membership: Timing }) => membership, fallback: TIMINGS.lan, accepted: Object.entries(TIMINGS).map(([given, becomes]) => ({ given, becomes })), refused: ['', 'LAN', 'toString', 5, {}, ...NEVER] },
  { option: 'membership', give: membership => ({ membership }), read: ({ membership }: { membership: unknown }) => membership, fallback: TIMINGS.lan, accepted: ['manual', { given: 'gossip', becomes: TIMINGS.lan }, { given: {}, becomes: TIMINGS.lan }, { given: { preset: 'wan', redialInterval: 500 }, becomes: { ...TIMINGS.wan, redialInterval: 500 } }], refused: ['swim', '', 5, [], { interval: 5 }, ...NEVER] }
]

const nodeRows: Row[] = [
  { option: 'cluster', give: cluster => ({ cluster }), read: ({ cluster }: { cluster: unknown }) => cluster, fallback: 'default', accepted: ['c', 'with spaces / and ☃', longest], refused: ['', longest + 'xx', '\ud800', 5, {}, ...NEVER] },
  { option: 'name', give: name => ({ name }), read: ({ name }: { name: unknown }) => name, accepted: ['n', longest], refused: ['', longest + 'xx', '\udc00', 5, {}, ...NEVER] },
  { option: 'weight', give: weight => ({ weight }), read: ({ weight }: { weight: unknown }) => weight, fallback: 1, accepted: [MIN_WEIGHT, 0.5, 2, MAX_WEIGHT], refused: [0, MIN_WEIGHT * 0.99, MAX_WEIGHT * 1.01, -1, NaN, Infinity, '1', {}, ...NEVER] },
  { option: 'rpc.timeout', give: timeout => ({ rpc: { timeout } }), read: ({ rpcTimeout }: { rpcTimeout: unknown }) => rpcTimeout, fallback: DEFAULT_RPC_TIMEOUT, ...DURATIONS },
  { option: 'rpc', give: rpc => ({ rpc }), read: ({ rpcTimeout }: { rpcTimeout: unknown }) => rpcTimeout, fallback: DEFAULT_RPC_TIMEOUT, accepted: [{ given: {}, becomes: DEFAULT_RPC_TIMEOUT }], refused: [5, 'x', [], { tmeout: 5 }, ...NEVER] },
  { option: 'discovery', give: discovery => ({ discovery }), read: ({ discovery }: { discovery: unknown[] }) => discovery.length, fallback: 1, accepted: [{ given: [], becomes: 0 }, { given: [() => ({})], becomes: 1 }], refused: ['mdns', {}, [{}], [null], ['mdns'], () => {}, [mdns], [host], [bootstrap], [dns], [pull], ...NEVER] }
]

const load = (): string => 'v'
const with_ = (options: object): object => ({ load, ...options })
const groupRows: Row[] = [
  { option: 'load', give: load => ({ load }), read: ({ load }: { load: unknown }) => typeof load, accepted: [{ given: load, becomes: 'function' }], refused: [undefined, 'x', {}, ...NEVER] },
  { option: 'maxBytes', give: maxBytes => with_({ maxBytes }), read: ({ maxBytes }: { maxBytes: unknown }) => maxBytes, fallback: DEFAULT_MAX_BYTES, accepted: [1024, 2 ** 40], refused: [0, 1023, 5_000.5, -1, NaN, Infinity, '64 MiB', {}, ...NEVER] },
  { option: 'maxValueBytes', give: maxValueBytes => with_({ maxValueBytes }), read: ({ maxValueBytes }: { maxValueBytes: unknown }) => maxValueBytes, fallback: MAX_VALUE_BYTES, accepted: [1, 5_000, MAX_VALUE_BYTES], refused: [0, MAX_VALUE_BYTES + 1, 1.5, -1, NaN, Infinity, '5', {}, ...NEVER] },
  { option: 'ttl', give: ttl => with_({ ttl }), read: ({ ttl }: { ttl: unknown }) => ttl, fallback: Infinity, ...LIFETIMES },
  { option: 'staleWhileRevalidate', give: staleWhileRevalidate => with_({ staleWhileRevalidate }), read: ({ staleWhileRevalidate: it }: { staleWhileRevalidate: unknown }) => it, fallback: 0, ...LIFETIMES },
  { option: 'staleIfError', give: staleIfError => with_({ staleIfError }), read: ({ staleIfError }: { staleIfError: unknown }) => staleIfError, fallback: 0, ...LIFETIMES },
  { option: 'errorTtl', give: errorTtl => with_({ errorTtl }), read: ({ errorTtl }: { errorTtl: unknown }) => errorTtl, fallback: 0, ...LIFETIMES },
  { option: 'maxConcurrentLoads', give: maxConcurrentLoads => with_({ maxConcurrentLoads }), read: ({ maxConcurrentLoads: it }: { maxConcurrentLoads: unknown }) => it, fallback: DEFAULT_MAX_CONCURRENT_LOADS, accepted: [1, 50_000], refused: [0, 1.5, -1, NaN, Infinity, '5', {}, ...NEVER] },
  { option: 'hot.promote', give: promote => with_({ hot: { promote } }), read: ({ hot }: { hot: { promote: unknown } }) => hot.promote, fallback: 'always', accepted: ['always', 'popular'], refused: ['never', '', true, {}, ...NEVER] },
  { option: 'hot', give: hot => with_({ hot }), read: ({ hot }: { hot: unknown }) => hot, fallback: { maxItems: DEFAULT_HOT_MAX_ITEMS, ttl: DEFAULT_HOT_TTL, promote: 'always' }, accepted: [false, { given: { ttl: 5 }, becomes: { maxItems: DEFAULT_HOT_MAX_ITEMS, ttl: 5, promote: 'always' } }], refused: [true, 5, 'x', [], { tll: 5 }, ...NEVER] },
  { option: 'hot.maxItems', give: maxItems => with_({ hot: { maxItems } }), read: ({ hot }: { hot: { maxItems: unknown } }) => hot.maxItems, fallback: DEFAULT_HOT_MAX_ITEMS, accepted: [1, 50_000], refused: [0, 1.5, -1, NaN, Infinity, '5', ...NEVER] },
  { option: 'hot.ttl', give: ttl => with_({ hot: { ttl } }), read: ({ hot }: { hot: { ttl: unknown } }) => hot.ttl, fallback: DEFAULT_HOT_TTL, ...DURATIONS },
  { option: 'loadTimeout', give: loadTimeout => with_({ loadTimeout }), read: ({ loadTimeout }: { loadTimeout: unknown }) => loadTimeout, fallback: DEFAULT_LOAD_TIMEOUT, ...DURATIONS },
  { option: 'loadLocallyOnLoadError', give: loadLocallyOnLoadError => with_({ loadLocallyOnLoadError }), read: ({ loadLocallyOnLoadError: it }: { loadLocallyOnLoadError: unknown }) => it, fallback: true, accepted: [true, false], refused: [0, 'false', {}, ...NEVER] },
  { option: 'codec', give: codec => with_({ codec }), read: ({ codec }: { codec: object }) => Object.keys(codec).sort().join(), fallback: 'decode,encode', accepted: [{ given: { encode () {}, decode () {} }, becomes: 'decode,encode' }], refused: [5, 'json', {}, { encode () {} }, { decode () {} }, { encode: 1, decode: 2 }, [], ...NEVER] }
]

function check (rows: readonly Row[], settings: (options: never) => unknown): void {
  for (const { option, give, read, fallback, accepted, refused } of rows) {
    const given = (value: unknown): unknown => read(settings(give(value) as never) as never)
    if (fallback !== undefined) {
      it(`${option} is ${show(fallback)} when it is not given, and when it is undefined`, () => {
        expect(given(undefined)).to.deep.equal(fallback)
        expect(read(settings({ load } as never) as never)).to.deep.equal(fallback)
      })
    }
    for (const one of accepted) {
      const { given: value, becomes } = one !== null && typeof one === 'object' && 'becomes' in one ? one as { given: unknown, becomes: unknown } : { given: one, becomes: one }
      it(`${option} may be ${show(value)}`, () => { expect(given(value)).to.deep.equal(becomes) })
    }
    for (const [i, value] of refused.entries()) {
      it(`${option} may not be ${show(value)} (${i}): the message says which option, what it may be, and what came`, () => {
        const err = thrownBy(() => given(value))
        expect(err).to.be.instanceOf(InvalidParametersError)
        const { message } = err as Error
        expect(message).to.match(/^[\w .]+: expected .+, got .+/s)
        expect(message.startsWith(option.split('.')[0] as string), message).to.equal(true)
        if (typeof value !== 'object' || value === null) expect(message.endsWith(`got ${show(value)}`), message).to.equal(true)
      })
    }
  }

  for (const wrong of [null, 5, 'x', [], true]) {
    it(`the options as a whole may not be ${show(wrong)}`, () => {
      expect(() => settings(wrong as never)).to.throw(InvalidParametersError, /options: expected an object, got /)
    })
  }
}

describe('the options of a node:', () => {
  check([...nodeRows, ...timingRows], (options: GroupcacheInit & { load?: unknown }) => {
    const { load: _, ...rest } = options !== null && typeof options === 'object' && !Array.isArray(options) ? options : { load: undefined }
    return settingsOf(rest === undefined || typeof options !== 'object' || options === null || Array.isArray(options) ? options : rest)
  })

  it('a name that is mistyped is refused, with those there are', () => {
    expect(() => settingsOf({ clutser: 'x' } as never)).to.throw(InvalidParametersError, /options: expected options among cluster, .+, got "clutser"/)
  })
})

describe('the times of the failure detector', () => {
  const refusalOf = (membership: object): string => String(thrownBy(() => settingsOf({ membership })))

  it('are refused when a suspicion ends later with confirmations than without: the message names both', () => {
    expect(refusalOf({ suspicionMin: 4_000, suspicionMax: 3_999 })).to.equal('InvalidParametersError: membership.suspicionMax: expected at least suspicionMin, 4000, got 3999')
    expect(refusalOf({ preset: 'wan', suspicionMax: 5_000 })).to.include('suspicionMin, 6000, got 5000')
    expect(settingsOf({ membership: { suspicionMin: 4_000, suspicionMax: 4_000 } }).membership).to.include({ suspicionMin: 4_000, suspicionMax: 4_000 })
  })

  it('are refused when a member would be given up that does not know yet that it was frozen', () => {
    expect(refusalOf({ probeTimeout: 400, suspicionMin: 1_699 })).to.equal('InvalidParametersError: membership: expected 2 · probeTimeout + suspicionMin of at least 2500 ms, got 2 · 400 + 1699: who freezes for less keeps its keys')
    expect(settingsOf({ membership: { probeTimeout: 400, suspicionMin: 1_700 } }).membership).to.include({ probeTimeout: 400, suspicionMin: 1_700 })
  })

  it('of one node are its own: a preset is not changed by it', () => {
    const { membership } = settingsOf({ membership: 'gossip' })
    const { probeInterval } = TIMINGS.lan
    ;(membership as Timing).probeInterval = 5
    expect(TIMINGS.lan.probeInterval).to.equal(probeInterval)
  })
})

describe('the options of a group:', () => {
  check(groupRows, (options: GroupOptions<string>) => groupSettings(options))

  it('a name that is mistyped is refused, with those there are', () => {
    expect(() => groupSettings({ load, maxbytes: 5 } as never)).to.throw(InvalidParametersError, /group options: expected options among load, maxBytes, .+, got "maxbytes"/)
  })

  it('load, encode and decode may be methods that use `this`', () => {
    class Loader { readonly #value = 'mine'; load (): string { return this.#value } }
    class Own { prefix = Uint8Array.of(7); encode (): Uint8Array { return this.prefix } decode (): string { return String(this.prefix[0]) } }
    const { load, codec } = groupSettings<string>(Object.assign(new Loader(), { codec: new Own() }))
    expect([load('k', { signal: AbortSignal.abort(), setTtl () {}, setTags () {} }), codec.encode('x'), codec.decode(Uint8Array.of())]).to.deep.equal(['mine', Uint8Array.of(7), '7'])
  })

  it('the largest hot.maxItems costs nothing until it is used', () => {
    let largest = 2 ** 32
    while (thrownBy(() => groupSettings({ load, hot: { maxItems: largest } })) !== undefined) largest /= 2
    // room for each item is set aside at once; more than this many would take seconds and gigabytes
    expect(largest, 'items').to.be.at.most(2 ** 24)
    const before = process.memoryUsage().rss
    expect(new GroupMemory({ clock: new FakeClock(), maxBytes: 1024, hot: { maxItems: Math.min(largest, 2 ** 20), ttl: 5 }, codec: messagePack(), staleWhileRevalidate: 0, staleIfError: 0 }).hotItems).to.equal(0)
    expect(process.memoryUsage().rss - before).to.be.lessThan(512 * 1024 * 1024)
  })
})

describe('a key', () => {
  it('is any well-formed string of up to 65,535 bytes', () => {
    for (const key of ['', 'k', '/', '\0', '日本', '😀', 'k'.repeat(65_535), 'é'.repeat(32_767) + 'x', '日'.repeat(21_845)]) checkKey(key)
  })

  it('is refused otherwise, with the reason', () => {
    for (const key of ['k'.repeat(65_536), 'é'.repeat(32_768), '日'.repeat(21_846)]) expect(() => { checkKey(key) }).to.throw(InvalidParametersError, 'key: expected at most 65535 bytes of UTF-8, got a string of')
    for (const key of ['\ud800', 'x\udfff', '\ude00\ud83d']) expect(() => { checkKey(key) }).to.throw(InvalidParametersError, 'lone surrogates')
    for (const key of [undefined, null, 5, 5n, Symbol('s'), {}, ['k'], () => 'k']) expect(() => { checkKey(key) }).to.throw(InvalidParametersError, `key: expected a string, got ${show(key)}`)
  })
})

describe('tags', () => {
  const longestTag = 'é'.repeat(127) + 'x'

  it('are up to 64 well-formed strings of 1 to 255 bytes, each of which counts once', () => {
    expect(tagsOption('tags', undefined)).to.deep.equal([])
    expect(tagsOption('tags', ['a', 'b', 'a', longestTag])).to.deep.equal(['a', 'b', longestTag])
    const many = Array.from({ length: 64 }, (_, i) => `t${i}`)
    expect(tagsOption('tags', [...many, ...many])).to.deep.equal(many)
  })

  for (const [value, message] of [
    ['t', 'tags: expected an array of strings, got "t"'],
    [null, 'tags: expected an array of strings, got null'],
    [[''], 'a tag in tags: expected a well-formed string of 1 to 255 bytes, got ""'],
    [[5], 'a tag in tags: expected a well-formed string of 1 to 255 bytes, got 5'],
    [['\ud800'], 'a tag in tags: expected a well-formed string of 1 to 255 bytes, got "\\ud800"'],
    [[longestTag + 'x'], 'a tag in tags: expected a well-formed string of 1 to 255 bytes, got a string of 129 characters'],
    [Array.from({ length: 65 }, (_, i) => `t${i}`), 'tags: expected at most 64 tags, got an array of 65']
  ] as const) {
    it(`are refused otherwise: ${message}`, () => { expect(() => tagsOption('tags', value)).to.throw(InvalidParametersError, message) })
  }
})
