// Processes: within their memory, without a warning or an exception, and gone when they have stopped.

import { GROUPS, MAX_RSS } from './reports.js'
import type { LifeRecord } from './life.js'
import type { Incident } from './player.js'
import type { Verdict } from './judge-reads.js'
import type { Interval } from './views.js'

const MB = 1024 * 1024

export function judgeProcesses (lives: readonly LifeRecord[], incidents: readonly Incident[], network: readonly Interval[], time: (at: number) => string): Verdict {
  const failures: string[] = []
  const figures = { processes: lives.length, rss: 0, evictions: 0, longestStandstill: longest(network) }
  for (const { name, number, samples, oddities, stderr, pauses } of lives) {
    const who = `${name} (process ${number})`
    for (const { at, rss, bytes } of samples) {
      figures.rss = Math.max(figures.rss, Math.round(rss / MB))
      if (rss > MAX_RSS) failures.push(`${who} takes ${Math.round(rss / MB)} MB at ${time(at)}; the bound is ${MAX_RSS / MB}`)
      for (const [i, { name: group, maxBytes }] of GROUPS.entries()) {
        if ((bytes[i] ?? 0) > maxBytes) failures.push(`G7: group ${group} at ${who} has ${bytes[i]} bytes at ${time(at)}; its maxBytes is ${maxBytes}`)
      }
    }
    figures.evictions += samples.at(-1)?.evictions ?? 0
    figures.longestStandstill = Math.max(figures.longestStandstill, longest(pauses))
    for (const oddity of oddities) if (!isExplained(oddity, name, incidents)) failures.push(`${who}: ${oddity}`)
    if (oddities.length === 0 && stderr !== '' && process.env['DEBUG'] === undefined) failures.push(`${who} wrote to its standard error: ${stderr.slice(0, 1_000)}`)
  }
  return { failures, figures }
}

/** A handshake of which a bit was flipped looks as one with another secret does, and Node's warning of that is what an operator has to see. */
function isExplained (oddity: string, name: string, incidents: readonly Incident[]): boolean {
  if (!oddity.startsWith('warning: GroupcacheWarning: ') || !oddity.includes('the handshake failed')) return false
  return incidents.some(({ fault }) => fault.kind === 'flip' && fault.links.some(link => link.includes(name)))
}

/** Milliseconds. */
function longest (times: readonly Interval[]): number {
  return Math.round(Math.max(0, ...times.map(({ from, to }) => to - from)) / 1e6)
}
