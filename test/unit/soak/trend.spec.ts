// The verdict of the long run on series whose growth is known.

import { expect } from 'chai'
import { seeded } from '../../support/seeds.js'
import { binned, leastSquares, median, theilSen, trendOf } from '../../soak/trend.js'
import { WATCHED, findings, isGrowth, warmUpOf } from '../../soak/verdict.js'
import { VITALS } from '../../soak/vitals.js'
import type { Sample } from '../../soak/soak-cluster.js'
import type { Vitals } from '../../soak/vitals.js'

const line = (slope: number, count = 20): Array<{ at: number, value: number }> => Array.from({ length: count }, (_, i) => ({ at: i / count, value: 100 + slope * i / count }))

/** An hour of a process, second by second: a sawtooth of garbage over noise that remembers itself, and what is added to it. */
function hour (seed: number, added: Partial<Record<keyof Vitals, (seconds: number) => number>> = {}): Sample[] {
  const random = seeded(seed)
  let drift = 0
  return Array.from({ length: 3_600 }, (_, seconds) => {
    drift = 0.98 * drift + random() - 0.5
    const base: Partial<Vitals> = { rss: 220 + 6 * drift, heap: 30 + seconds % 23 + drift, data: 25 + seconds % 23 + drift, external: 40 + 30 * random(), handles: 7, timers: 20 + Math.floor(random() * 30), listeners: 130, streams: 12, members: 4 }
    const vitals = Object.fromEntries(VITALS.map(name => [name, (base[name] ?? 0) + (added[name]?.(seconds) ?? 0)])) as unknown as Vitals
    return { seconds, name: 'p', ...vitals }
  })
}

const growing = (samples: Sample[], seed = 1): string[] => findings(samples, 600, seed).flatMap(({ quantity, grows }) => grows ? [quantity] : [])

describe('the slope of a series', () => {
  it('is that of a straight line', () => {
    expect(leastSquares(line(5))).to.be.closeTo(5, 1e-9)
    expect(theilSen(line(5))).to.be.closeTo(5, 1e-9)
  })

  it('is not moved by a wild value, where it is the robust one', () => {
    const points = line(5)
    points[3] = { at: 0.15, value: 10_000 }
    expect(theilSen(points)).to.be.closeTo(5, 0.1)
    expect(Math.abs(leastSquares(points) - 5)).to.be.greaterThan(1_000)
  })

  it('comes with what noise makes of it, the same for the same seed', () => {
    const random = seeded(3)
    const points = line(5, 60).map(({ at, value }) => ({ at, value: value + random() }))
    const trend = trendOf(points, seeded(1))
    expect(trend).to.deep.equal(trendOf(points, seeded(1)))
    expect(trend.low).to.be.lessThan(trend.theilSen)
    expect(trend.high).to.be.greaterThan(trend.theilSen)
    expect(trend.low).to.be.greaterThan(4)
    expect(trend.high).to.be.lessThan(6)
    expect(trend.level).to.be.closeTo(103, 0.3)
  })

  it('is not given for a handful of points', () => {
    expect(() => trendOf(line(5, 11), seeded(1))).to.throw('a trend of 11 points, expected at least 12')
  })
})

describe('bins', () => {
  it('have the median or the least of what fell into them, and are left out where nothing did', () => {
    const points = [0, 1, 2, 3, 4, 5, 6, 7, 30, 31].map(at => ({ at, value: 10 * at }))
    expect(binned(points, 4, 'min').map(({ value }) => value)).to.deep.equal([0, 300])
    expect(binned(points, 4, 'median').map(({ value }) => value)).to.deep.equal([35, 305])
    expect(binned(points, 4, 'min')[0]?.at).to.be.closeTo(31 / 8, 1e-9)
  })

  it('have a median of an even and an odd number of values', () => {
    expect([median([3, 1, 2]), median([4, 1, 3, 2])]).to.deep.equal([2, 2.5])
  })
})

describe('the verdict on an hour', function () {
  this.timeout(60_000)

  it('finds nothing in noise', () => {
    const wrong = Array.from({ length: 10 }, (_, i) => growing(hour(i + 1)).length).reduce((sum, count) => sum + count, 0)
    expect(wrong).to.equal(0)
  })

  it('finds a leak of 60 MiB an hour, in the quantity that has it and in no other', () => {
    const leak = (seconds: number): number => 60 * seconds / 3_600
    expect(growing(hour(1, { rss: leak }))).to.deep.equal(['rss'])
    expect(growing(hour(2, { heap: leak }))).to.deep.equal(['heap'])
    expect(growing(hour(2, { heap: leak, data: leak }))).to.deep.equal(['heap', 'data'])
    expect(growing(hour(3, { external: leak }))).to.deep.equal(['external'])
  })

  it('finds twenty handles, timers or listeners more an hour', () => {
    for (const quantity of ['handles', 'timers', 'listeners', 'streams'] as const) {
      expect(growing(hour(4, { [quantity]: (seconds: number) => Math.floor(seconds / 180) }))).to.deep.equal([quantity])
    }
  })

  it('does not take a member more for growth of what belongs to members', () => {
    const isGuest = (seconds: number): number => seconds > 2_400 && seconds % 100 < 40 ? 1 : 0
    const samples = hour(5, { members: isGuest, handles: isGuest, listeners: seconds => 40 * isGuest(seconds), streams: seconds => 4 * isGuest(seconds) })
    expect(growing(samples)).to.deep.equal([])
  })

  it('leaves the warm-up out', () => {
    const samples = hour(6, { rss: seconds => Math.min(seconds, 590) / 4 })
    expect(growing(samples)).to.deep.equal([])
    expect(findings(samples, 0, 1).find(({ quantity }) => quantity === 'rss')?.trend.leastSquares).to.be.greaterThan(20)
  })

  it('needs growth to be certain, and of some size', () => {
    const trend = { leastSquares: 5, theilSen: 5, low: 3, high: 7, error: 1, level: 200, hours: 1 }
    expect(isGrowth(trend, { share: 0.02, least: 0 })).to.equal(true)
    expect(isGrowth({ ...trend, error: 2 }, { share: 0.02, least: 0 })).to.equal(false)
    expect(isGrowth({ ...trend, level: 300 }, { share: 0.02, least: 0 })).to.equal(false)
    expect(isGrowth(trend, { share: 0, least: 6 })).to.equal(false)
  })

  it('is about every watched quantity of every process', () => {
    const samples = hour(7)
    const both = [...samples, ...samples.map(sample => ({ ...sample, name: 'q' }))]
    expect(findings(both, 600, 1)).to.have.length(2 * WATCHED.length)
  })

  it('begins after twenty minutes, or a third of a short run', () => {
    expect([90, 600, 1_800, 3_720].map(warmUpOf)).to.deep.equal([30, 200, 600, 1_200])
  })
})
