// How often a value is asked for by other members, so that its owner can tell them whether a copy is
// worth its place in their hot caches. Most keys of a long tail are asked for once and never again.

/** Requests count half after this long. This and the threshold were chosen by bench/popular.ts. */
export const DEMAND_HALF_LIFE = 60_000
/** A value is popular from this count on: with its second request within nine seconds, or at the third of some 48 s apart. */
export const POPULAR_FROM = 1.9

/** An exponentially decayed count: count(now) = count(when) · 2^−((now − when) / DEMAND_HALF_LIFE). */
export class Demand {
  count: number
  /** {@link Clock.now} of the last request. */
  when: number

  constructor (count = 0, when = 0) {
    this.count = count
    this.when = when
  }

  /** Counts a request. @returns whether the value is popular now, this request counted */
  asked (now: number): boolean {
    this.count = this.count * 2 ** ((this.when - now) / DEMAND_HALF_LIFE) + 1
    this.when = now
    return this.count >= POPULAR_FROM
  }
}
