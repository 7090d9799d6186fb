// What the two measurements of membership share, so that they measure and print the same.

/** One process stands still for as long as a busy event loop might, again and again. */
export const STALL = { times: 6, stopped: 3_000, running: 7_000 } as const

export function median (numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? NaN
}

export function printTimes (what: string, times: readonly number[]): void {
  console.log(`${what.padEnd(26)} median ${median(times).toFixed(0).padStart(6)} ms   max ${Math.max(...times).toFixed(0).padStart(6)} ms   ${times.length} rounds`)
}

/** @param shares - of a core, one for each node */
export function printShares (shares: readonly number[]): void {
  const mean = shares.reduce((sum, each) => sum + each, 0) / shares.length
  console.log(`an idle node of ${shares.length} takes   ${(mean * 100).toFixed(2)} % of a core on average, ${(Math.max(...shares) * 100).toFixed(2)} % at most`)
}
