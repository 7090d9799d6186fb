// Whether a measured quantity grows, and how sure that is: slopes over time, and the noise of a slope.
//
// Samples of a process are no independent throws: a garbage collection pulls many of them down together. So
// they are put into bins first, and the noise is estimated by drawing whole stretches of what the line
// leaves over (a moving-block bootstrap, Künsch 1989), with a given source of randomness.

export interface Point {
  /** Hours. */
  at: number
  value: number
}

export type Pick = 'median' | 'min'

export interface Trend {
  /** Per hour. */
  leastSquares: number
  /** Per hour: the median of the slopes of all pairs (Sen 1968); a few wild bins do not move it. */
  theilSen: number
  /** Where the robust slope lies with 95 % confidence. */
  low: number
  high: number
  /** Its standard error. Noise that remembers itself for longer than a few bins makes it a fifth too small, or more. */
  error: number
  /** What the line has in the middle of the time. */
  level: number
  /** How long it was looked at, in hours. */
  hours: number
}

const ROUNDS = 400
/** Bins that are drawn together. */
const BLOCK = 6
/** With fewer nothing can be said. */
const MIN_BINS = 12

/** One point for each of so many stretches of equal length; one that nothing fell into has none. */
export function binned (points: readonly Point[], count: number, pick: Pick): Point[] {
  const from = Math.min(...points.map(({ at }) => at))
  const width = (Math.max(...points.map(({ at }) => at)) - from) / count
  const bins = Array.from({ length: count }, (): number[] => [])
  for (const { at, value } of points) bins[Math.min(count - 1, Math.floor((at - from) / width))]?.push(value)
  return bins.flatMap((values, i) => {
    if (values.length === 0) return []
    return [{ at: from + (i + 0.5) * width, value: pick === 'min' ? Math.min(...values) : median(values) }]
  })
}

export function leastSquares (points: readonly Point[]): number {
  const at = mean(points.map(({ at }) => at))
  const value = mean(points.map(({ value }) => value))
  const over = points.reduce((sum, point) => sum + (point.at - at) * (point.value - value), 0)
  return over / points.reduce((sum, point) => sum + (point.at - at) ** 2, 0)
}

export function theilSen (points: readonly Point[]): number {
  const slopes = new Float64Array(points.length * (points.length - 1) / 2)
  let count = 0
  for (const [i, a] of points.entries()) {
    for (let j = i + 1; j < points.length; j++) {
      const b = points[j] as Point
      slopes[count++] = (b.value - a.value) / (b.at - a.at)
    }
  }
  return median(slopes)
}

/** @throws Error when there are too few points */
export function trendOf (points: readonly Point[], random: () => number): Trend {
  if (points.length < MIN_BINS) throw new Error(`a trend of ${points.length} points, expected at least ${MIN_BINS}`)
  const slope = theilSen(points)
  const intercept = median(points.map(({ at, value }) => value - slope * at))
  const line = (at: number): number => intercept + slope * at
  const left = points.map(({ at, value }) => value - line(at))
  const drawn = Array.from({ length: ROUNDS }, () => {
    const noise = redrawn(left, random)
    return theilSen(points.map(({ at }, i) => ({ at, value: line(at) + (noise[i] as number) })))
  }).sort((a, b) => a - b)
  const center = mean(drawn)
  const times = points.map(({ at }) => at)
  const hours = Math.max(...times) - Math.min(...times)
  return {
    leastSquares: leastSquares(points),
    theilSen: slope,
    low: drawn[Math.floor(ROUNDS * 0.025)] as number,
    high: drawn[Math.ceil(ROUNDS * 0.975) - 1] as number,
    error: Math.sqrt(mean(drawn.map(value => (value - center) ** 2))),
    level: line(mean(times)),
    hours
  }
}

function redrawn (values: readonly number[], random: () => number): number[] {
  const drawn: number[] = []
  while (drawn.length < values.length) {
    const from = Math.floor(random() * (values.length - BLOCK + 1))
    drawn.push(...values.slice(from, from + BLOCK))
  }
  return drawn.slice(0, values.length)
}

export function median (values: Iterable<number>): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  const upper = sorted[middle] as number
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] as number) + upper) / 2
}

function mean (values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
