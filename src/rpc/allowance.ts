// How much of what costs this node, or others, more than the one that asks for it a peer may ask for. No honest one comes near.

import { MAX_MEMBERS } from '../constants.js'
import { ProtocolViolationError } from '../errors.js'
import { LeakyCount } from '../leaky-count.js'

/** So many at once, and so many more in each second after that. */
interface Rate { readonly burst: number, readonly perSecond: number, readonly what: string }

export const RATES = {
  /** Of its own: what it may pass on for others is not counted. More than a process can make, so that a bulk update is none; one of many keys counts for more, and so does a long one: see removalCost. */
  removals: { burst: 1_000_000, perSecond: 100_000, what: 'removals' },
  /** One is opened when there is none. */
  streams: { burst: 128, perSecond: 10, what: 'streams for requests' },
  /** One per exchangeInterval, and some when members come and go. */
  tables: { burst: 64, perSecond: 8, what: 'tables' },
  /** Two whole tables at once, of the largest cluster there may be, and one of hundreds of members in each second. */
  records: { burst: 2 * MAX_MEMBERS, perSecond: 500, what: 'records in tables' },
  /** One each time that the ring has been quiet for HAND_OVER_DELAY, and when some were not taken. */
  offers: { burst: 64, perSecond: 4, what: 'streams for offers' },
  /** One for each stream, and after a standstill. */
  catchUps: { burst: 128, perSecond: 10, what: 'questions for missed removals' },
  /** A few per period while somebody is not heard; one for each member when many are lost at once. */
  probes: { burst: 1_000, perSecond: 50, what: 'probes' },
  pings: { burst: 1_000, perSecond: 200, what: 'pings' },
  /** One for each GET at the most. */
  cancels: { burst: 100_000, perSecond: 20_000, what: 'cancellations' },
  /** An honest peer stops there by itself; when its stream was lost, it may ask for all of them once more. */
  refusals: { burst: 20_000, perSecond: 100, what: 'requests beyond those that may be open' },
  /** Of the multiplexer, below our streams: one in half a minute. */
  muxerPings: { burst: 100, perSecond: 10, what: 'pings of the multiplexer' },
  /** All streams, of whatever protocol. */
  muxerStreams: { burst: 2_000, perSecond: 100, what: 'streams' },
  /** What a member may say against others in ten seconds is bounded by their number; see hearsay.ts. */
  news: { burst: 2_000, perSecond: 100, what: 'news' }
} as const satisfies Record<string, Rate>

export type Kind = keyof typeof RATES

/** What one peer has left of each. */
export class Allowance {
  readonly #spent = new Map<Kind, LeakyCount>()

  /**
   * @param now - {@link Clock.now}
   * @throws ProtocolViolationError when it has had more than that
   */
  spend (kind: Kind, now: number, cost = 1): void {
    const { burst, perSecond, what } = RATES[kind]
    let spent = this.#spent.get(kind)
    if (spent === undefined) this.#spent.set(kind, spent = new LeakyCount(perSecond))
    // it goes on where it was, and not with a debt
    if (!spent.add(cost, now, burst)) throw new ProtocolViolationError(`more than ${burst} ${what} at once, or ${perSecond} in a second`)
  }

  /** Whether nothing of it is spent any more. */
  isWhole (now: number): boolean {
    return [...this.#spent.values()].every(spent => spent.left(now) === 0)
  }
}
