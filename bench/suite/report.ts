// What came out: medians, spread, and our ratio to each contestant beside what is aimed at.

import { median } from '../membership-figures.js'
import { missingLine } from './rounds.js'
import { OURS } from './scenarios.js'
import type { Machine } from './machine.js'
import type { BenchOptions } from './options.js'
import type { Outcome } from './rounds.js'
import type { Part } from './scenarios.js'

interface Figures {
  readonly contestant: string
  /** Calls a second, of each round; a call of a batch is for 100 keys. */
  readonly rounds: readonly number[]
  readonly median: number
  readonly min: number
  readonly max: number
  /** Our median divided by this one's; not for ourselves. */
  readonly ratio?: number
  readonly target?: number
  readonly met?: boolean
}

interface Missing {
  readonly contestant: string
  readonly why: string
  readonly target?: number
}

export interface ReportRow {
  readonly part: Part
  readonly what: string
  readonly size: number
  readonly inFlight: number
  readonly figures: readonly Figures[]
  readonly missing: readonly Missing[]
}

export function reportRow ({ scenario: { part, what, size }, row: { inFlight, targets }, rates, missing }: Outcome): ReportRow {
  const ours = median(rates.get(OURS) ?? [])
  const target = (contestant: string): { target?: number } => targets[contestant] === undefined ? {} : { target: targets[contestant] }
  return {
    part,
    what,
    size,
    inFlight,
    figures: [...rates].map(([contestant, rounds]) => {
      const own = { contestant, rounds, median: median(rounds), min: Math.min(...rounds), max: Math.max(...rounds) }
      if (contestant === OURS) return own
      const ratio = ours / own.median
      const aim = target(contestant)
      return { ...own, ratio, ...aim, ...(aim.target === undefined ? {} : { met: ratio >= aim.target }) }
    }),
    missing: [...missing].map(([contestant, why]) => ({ contestant, why, ...target(contestant) }))
  }
}

const HEAD = ['what', 'in flight', 'contestant', 'calls/s', 'min–max', 'groupcache ÷ it', 'target', '']

/** A table in Markdown, its columns in line. */
export function table (rows: readonly ReportRow[]): string {
  const lines = rows.flatMap(({ what, inFlight, figures, missing }) => [
    ...figures.map(({ contestant, median, min, max, ratio, target, met }) =>
      [what, String(inFlight), contestant, count(median), `${count(min)}–${count(max)}`, ratio?.toFixed(2) ?? '', aim(target), met === undefined ? '' : met ? 'met' : 'missed']),
    ...missing.map(({ contestant, target }) => [what, String(inFlight), contestant, '–', '–', '–', aim(target), 'missing'])
  ])
  const widths = HEAD.map((name, column) => Math.max(3, name.length, ...lines.map(line => line[column]?.length ?? 0)))
  const isText = (column: number): boolean => column === 0 || column === 2 || column === 7
  const line = (cells: readonly string[]): string => `| ${cells.map((cell, i) => isText(i) ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)).join(' | ')} |`
  return [line(HEAD), `|${widths.map((width, i) => isText(i) ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`).join('|')}|`, ...lines.map(line)].join('\n')
}

/** Who did not take part, each once, with the reason. */
export function missingLines (rows: readonly ReportRow[]): string[] {
  const reasons = new Map(rows.flatMap(({ missing }) => missing.map(({ contestant, why }) => [contestant, why])))
  return [...reasons].map(([contestant, why]) => missingLine(contestant, why))
}

export function toJson (rows: readonly ReportRow[], machine: Machine, date: Date, options: BenchOptions): string {
  return `${JSON.stringify({ date: date.toISOString(), machine, options, rows }, null, 2)}\n`
}

function count (rate: number): string {
  return Math.round(rate).toLocaleString('en')
}

function aim (target: number | undefined): string {
  return target === undefined ? '' : `≥ ${target}`
}
