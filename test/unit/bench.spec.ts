// The bench's own rules: what its command line takes, how its ceiling frames, and what it makes of figures. No figure is judged here.

import { expect } from 'chai'
import fc from 'fast-check'
import { pickKeys } from '../../bench/contestants/contestant.js'
import { askOnce, inChunks, inLoops } from '../../bench/contestants/loops.js'
import { frameReader, frameWriter } from '../../bench/contestants/tcp-frames.js'
import { readOptions } from '../../bench/suite/options.js'
import { Progress } from '../../bench/suite/progress.js'
import { missingLines, reportRow, table, toJson } from '../../bench/suite/report.js'
import { countRounds } from '../../bench/suite/rounds.js'
import { PARTS, scenarios } from '../../bench/suite/scenarios.js'

describe('the options of the bench', () => {
  it('have defaults, and shorter ones when it is to be quick', () => {
    expect(readOptions([])).to.deep.equal({ quick: false, only: ['remote', 'large', 'batch', 'local'], inFlight: [1, 16, 64, 256], rounds: 7, roundMs: 1_000, json: undefined })
    expect(readOptions(['--quick'])).to.deep.include({ quick: true, rounds: 3, roundMs: 120 })
    expect(readOptions(['--quick', '--rounds', '5', '--round-ms', '20', '--only', 'local,batch', '--in-flight', '8', '--json', 'out.json']))
      .to.deep.equal({ quick: true, only: ['local', 'batch'], inFlight: [8], rounds: 5, roundMs: 20, json: 'out.json' })
    expect(readOptions(['--help', '--quick'])).to.equal('help')
  })

  for (const [args, expected] of [
    [['--only', 'remote,lokal'], '--only: expected some of remote,large,batch,local, got "lokal"'],
    [['--only', ''], '--only: expected some of remote,large,batch,local, got ""'],
    [['--in-flight', '1,0'], '--in-flight: expected whole numbers from 1 to 10000, got "0"'],
    [['--in-flight', '20000'], '--in-flight: expected whole numbers from 1 to 10000, got "20000"'],
    [['--rounds', '1.5'], '--rounds: expected whole numbers from 1 to 1000, got "1.5"'],
    [['--round-ms', 'long'], '--round-ms: expected whole numbers from 1 to 600000, got "long"'],
    [['--json', ''], '--json: expected the name of a file, got ""'],
    [['--fast'], '--fast'],
    [['extra'], 'extra']
  ] as Array<[string[], string]>) {
    it(`refuse ${args.join(' ')}`, () => { expect(() => readOptions(args)).to.throw(expected) })
  }
})

describe('the scenarios of the bench', () => {
  it('have all targets, for contestants that take part', () => {
    const rows = scenarios(PARTS, [1, 16, 64, 256]).flatMap(({ others, rows }) => rows.map(row => ({ row, others: Object.keys(others) })))
    expect(rows).to.have.length(9)
    for (const { row, others } of rows) {
      expect(Object.keys(row.targets)).to.not.deep.equal([])
      expect(others).to.include.members(Object.keys(row.targets))
    }
    expect(rows.map(({ row }) => row.targets['raw TCP'])).to.deep.equal([0.6, 0.6, 0.6, 0.65, 0.5, 0.5, undefined, undefined, undefined])
    expect(rows.map(({ row }) => row.targets['Go groupcache'])).to.deep.equal([0.9, 2, 6, 12, 2, undefined, undefined, undefined, undefined])
  })

  it('are those that are asked for, and rows without a target beside', () => {
    expect(scenarios(['large', 'local'], [1]).map(({ part }) => part)).to.deep.equal(['large', 'large', 'local', 'local'])
    expect(scenarios(['remote'], [7]).flatMap(({ rows }) => rows)).to.deep.equal([{ inFlight: 7, targets: {} }])
  })

  it('are counted in rounds of each contestant, with one that warms up', () => {
    expect(countRounds(scenarios(['remote'], [1, 64]), { rounds: 3, roundMs: 1 })).to.equal(5 * 2 * 4)
  })
})

describe('the frames of the raw TCP contestant', () => {
  function framed (payloads: readonly Uint8Array[]): Promise<Buffer> {
    const written: Uint8Array[] = []
    const write = frameWriter({ write: (part: Uint8Array | string) => { written.push(part as Uint8Array); return true }, cork: () => {}, uncork: () => {} })
    payloads.forEach((payload, id) => { write(id, payload) })
    return Promise.resolve().then(() => Buffer.concat(written))
  }

  it('come out as they went in, however the bytes are cut', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), async (payloads, cuts) => {
      const bytes = await framed(payloads)
      const found: Array<[number, Uint8Array]> = []
      const read = frameReader((id, payload) => { found.push([id, Uint8Array.from(payload)]) })
      for (let at = 0, i = 0; at < bytes.length; i++) {
        const end = at + (cuts[i % cuts.length] as number)
        read(bytes.subarray(at, end))
        at = end
      }
      expect(found).to.deep.equal(payloads.map((payload, id) => [id, payload]))
    }))
  })

  it('come out as they went in when they are too long to be joined', async () => {
    const payloads = [new Uint8Array(100_000).fill(1), new Uint8Array(3).fill(2), new Uint8Array(1_000_000).fill(3)]
    const bytes = await framed(payloads)
    const found: Uint8Array[] = []
    const read = frameReader((_id, payload) => { found.push(Uint8Array.from(payload)) })
    for (let at = 0; at < bytes.length; at += 65_536) read(bytes.subarray(at, at + 65_536))
    expect(found.map(({ length }) => length)).to.deep.equal([100_000, 3, 1_000_000])
    expect(found.every((payload, i) => payload.every(byte => byte === i + 1))).to.equal(true)
  })
})

describe('the loops of the bench', () => {
  it('ask for as many items at a time as they are told, and never for one twice', async () => {
    const items = Array.from({ length: 10 }, (_, i) => i)
    const underWay = new Set<number>()
    const asked = new Set<number>()
    let most = 0
    const rate = inLoops(items, async item => {
      expect(underWay.has(item)).to.equal(false)
      underWay.add(item)
      asked.add(item)
      most = Math.max(most, underWay.size)
      // some answer later than others
      for (let i = 0; i <= item % 3; i++) await new Promise(resolve => { setImmediate(resolve) })
      underWay.delete(item)
    })
    expect(await rate(4, 20)).to.be.greaterThan(0)
    expect(most).to.equal(4)
    expect([...asked].sort()).to.deep.equal(items)
    expect(underWay.size).to.equal(0)
  })

  it('fail with the first wrong answer', async () => {
    const rate = inLoops([1], async () => { throw new Error('a wrong answer') })
    expect(await rate(2, 20).catch((err: unknown) => err)).to.have.property('message', 'a wrong answer')
  })

  it('let the event loop turn where no call needs it', async () => {
    let hasTurned = false
    setImmediate(() => { hasTurned = true })
    expect(await inChunks(() => {})(1, 30)).to.be.greaterThan(0)
    expect(hasTurned).to.equal(true)
  })

  it('put every key in place, once', async () => {
    const asked: string[] = []
    const keys = pickKeys(1_000, key => key.endsWith('7'))
    await askOnce({ keys, size: 100_000 }, async key => { asked.push(key) })
    expect(asked).to.deep.equal(keys)
    expect(new Set(asked).size).to.equal(1_000)
  })
})

describe('the report of the bench', () => {
  const row = reportRow({
    scenario: { part: 'remote', what: 'remote hit', size: 100 },
    row: { inFlight: 64, targets: { tcp: 0.6, redis: 2, go: 6 } },
    rates: new Map([['groupcache', [90, 100, 3_000]], ['tcp', [200, 100, 150]], ['redis', [70, 50, 20]], ['other', [50, 50, 50]]]),
    missing: new Map([['go', 'no Go; install it']])
  })

  it('divides medians, and holds them against the targets', () => {
    expect(row.figures[0]).to.deep.equal({ contestant: 'groupcache', rounds: [90, 100, 3_000], median: 100, min: 90, max: 3_000 })
    expect(row.figures.slice(1).map(({ ratio, target, met }) => [ratio?.toFixed(2), target, met])).to.deep.equal([['0.67', 0.6, true], ['2.00', 2, true], ['2.00', undefined, undefined]])
    const missed = reportRow({ scenario: row, row: { inFlight: 1, targets: { tcp: 0.6 } }, rates: new Map([['groupcache', [59]], ['tcp', [100]]]), missing: new Map() })
    expect(missed.figures[1]).to.deep.include({ ratio: 0.59, met: false })
  })

  it('has a line for each contestant, those that are missing included', () => {
    const lines = table([row]).split('\n').map(line => line.split('|').slice(1, -1).map(cell => cell.trim()))
    expect(lines[2]).to.deep.equal(['remote hit', '64', 'groupcache', '100', '90–3,000', '', '', ''])
    expect(lines[3]).to.deep.equal(['remote hit', '64', 'tcp', '150', '100–200', '0.67', '≥ 0.6', 'met'])
    expect(lines.at(-1)).to.deep.equal(['remote hit', '64', 'go', '–', '–', '–', '≥ 6', 'missing'])
    expect(missingLines([row, row])).to.deep.equal(['missing: go: no Go; install it'])
  })

  it('writes all rounds, the machine, the date and the options', () => {
    const machine = { cpu: 'c', cores: 2, system: 's', load: 0, node: '20', ioredis: '6', 'lru-cache': '11', redis: null, go: null }
    const options = { quick: true, only: PARTS, inFlight: [1], rounds: 3, roundMs: 5, json: 'x' }
    const read = JSON.parse(toJson([row], machine, new Date(0), options)) as unknown
    expect(read).to.deep.equal({ date: '1970-01-01T00:00:00.000Z', machine, options, rows: JSON.parse(JSON.stringify([row])) as unknown })
  })
})

describe('the progress of the bench', () => {
  function shown (isTTY: boolean): string[] {
    const written: string[] = []
    const progress = new Progress(100, 1_000, { isTTY, write: (text: Uint8Array | string) => { written.push(String(text).replace('\r\x1b[K', '')); return true } })
    progress.note('missing: go')
    progress.note('missing: go')
    progress.round('a')
    progress.skip(89)
    progress.round('b')
    progress.clear()
    return written
  }

  it('is one line of a terminal, with the time that is left', () => {
    expect(shown(true)).to.deep.equal(['missing: go\n', 'a · 2 min left', 'b · 10 s left', ''])
  })

  it('is not shown elsewhere', () => { expect(shown(false)).to.deep.equal([]) })
})
