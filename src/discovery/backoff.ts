// How long to wait before trying again.

/**
 * Full jitter over a doubling cap: members that lost the same peer do not come back in step.
 *
 * @param failures - attempts that have failed so far, from 1
 * @returns milliseconds: from half the cap to the cap, the cap being min(max, first × 2^(failures − 1))
 */
export function backoff (failures: number, random: () => number, { first = 250, max = 10_000 } = {}): number {
  const cap = Math.min(max, first * 2 ** Math.min(failures - 1, 30))
  return cap * (0.5 + 0.5 * random())
}
