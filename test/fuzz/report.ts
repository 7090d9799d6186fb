// What a run says of itself.

import type { Report } from './fuzzer.js'
import type { Target } from './target.js'

/** Characters of an input that are shown. */
const MAX_SHOWN = 20_000

/** How many cases each target has of so many in all. What one may not have goes to the others. */
export function casesOf (targets: readonly Target[], all: number): Map<string, number> {
  const cases = new Map<string, number>()
  let left = all
  let weights = targets.reduce((sum, { weight }) => sum + weight, 0)
  // those that are limited first
  for (const { name, weight, most = Infinity } of [...targets].sort((a, b) => (a.most ?? Infinity) - (b.most ?? Infinity))) {
    const own = Math.min(most, Math.round(left * weight / weights))
    cases.set(name, own)
    left -= own
    weights -= weight
  }
  return cases
}

export function heading (): string {
  return line(['target', 'cases', 'a CPU second', 'accepted', 'slowest', 'growth', 'rss', 'failed'])
}

export function row ({ target, cases, accepted, ms, slowest, growth, peakRss, failures }: Report): string {
  const percent = cases === 0 ? '-' : `${Math.round(accepted / cases * 100)} %`
  return line([target, String(cases), String(Math.round(cases / ms * 1_000)), percent, `${slowest.toFixed(1)} ms`, Number.isNaN(growth) ? '-' : `${growth.toFixed(1)} MiB`, `${peakRss.toFixed(0)} MiB`, String(failures.length)])
}

function line ([first = '', ...others]: readonly string[]): string {
  return first.padEnd(16) + others.map(text => text.padStart(14)).join('')
}

/** JSON, in which bytes are hexadecimal. */
export function inputText (input: unknown): string {
  const text = JSON.stringify(input, function (this: Record<string, unknown>, key, value: unknown) {
    // a Buffer has become something else by now
    const original = this[key]
    if (original instanceof Uint8Array) return { hex: Buffer.from(original).toString('hex') }
    return typeof original === 'bigint' ? `${original}n` : value
  }) ?? String(input)
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}… of ${text.length} characters; replay it to have it whole` : text
}
