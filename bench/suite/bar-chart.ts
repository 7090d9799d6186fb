// A bar for each contestant in each scenario, as long as it is quick beside groupcache: an SVG that reads on light and dark.

import type { Ratio } from './table.js'

const WIDTH = 760
const LABEL = 170
const BAR = 11
const GAP = 3
const GROUP_GAP = 16
const TOP = 64
/** Twice as quick as groupcache; longer bars end there with their number. */
const END = 2.2
const COLOURS: Record<string, string> = { groupcache: '#2f855a', ioredis: '#c05621', 'ioredis, auto-pipelining': '#dd9a4f', 'Go groupcache': '#3182ce' }

export function barChart (ratios: readonly Ratio[]): string {
  const scenarios = [...new Set(ratios.map(({ scenario }) => scenario))]
  const perUnit = (WIDTH - LABEL - 50) / END
  const parts: string[] = []
  let y = TOP
  for (const scenario of scenarios) {
    const bars = [{ contestant: 'groupcache', theirs: 1 }, ...ratios.filter(ratio => ratio.scenario === scenario)]
    parts.push(`<text x="${LABEL - 10}" y="${y + (bars.length * (BAR + GAP)) / 2 + 4}" text-anchor="end">${scenario}</text>`)
    for (const { contestant, theirs } of bars) {
      const length = Math.round(Math.min(theirs, END) * perUnit)
      parts.push(`<rect x="${LABEL}" y="${y}" width="${length}" height="${BAR}" rx="2" fill="${COLOURS[contestant] ?? '#888'}"/>`,
        `<text class="n" x="${LABEL + length + 5}" y="${y + BAR - 2}">${theirs.toFixed(2)}</text>`)
      y += BAR + GAP
    }
    y += GROUP_GAP
  }
  let x = LABEL
  const legend = Object.entries(COLOURS).map(([contestant, colour]) => {
    const entry = `<rect x="${x}" y="34" width="11" height="11" rx="2" fill="${colour}"/><text x="${x + 16}" y="44">${contestant}</text>`
    x += 34 + contestant.length * 7
    return entry
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" role="img" aria-label="Gets a second beside groupcache's">`,
    '<style>text{font:13px system-ui,sans-serif;fill:#24292f}.n{font-size:11px}.bg{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bg{fill:#0d1117}}</style>',
    `<rect class="bg" width="${WIDTH}" height="${y}" rx="6"/>`,
    `<text x="${LABEL}" y="22">Gets a second that another process answers; groupcache = 1, longer is quicker</text>`,
    ...legend, ...parts, '</svg>', ''
  ].join('\n')
}
