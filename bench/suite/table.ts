// Reads the table of the bench as it stands in docs/performance.md.

/** How often as many calls a second a contestant made as groupcache, in one row of scenarios. */
export interface Ratio { scenario: string, contestant: string, theirs: number }

/** Of the contestants with a well-known name, in the order of the table. */
const SHOWN = ['ioredis', 'ioredis, auto-pipelining', 'Go groupcache']

/** @throws Error when the table has no row of a contestant that is to be shown */
export function ratios (markdown: string): Ratio[] {
  const found: Ratio[] = []
  for (const line of markdown.split('\n')) {
    const [, what, inFlight, contestant, , , ours] = line.split('|').map(cell => cell.trim())
    if (what?.startsWith('remote hit') !== true || ours === undefined || Number(ours) === 0 || !SHOWN.includes(contestant ?? '')) continue
    found.push({ scenario: `${what.replace('remote hit, ', '')}, ${inFlight} in flight`, contestant: contestant as string, theirs: 1 / Number(ours) })
  }
  for (const contestant of SHOWN) {
    if (!found.some(ratio => ratio.contestant === contestant)) throw new Error(`docs/performance.md has no row of ${contestant}`)
  }
  return found
}
