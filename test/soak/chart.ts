// A long run as a picture: one figure for each thing measured, both processes in it, on light and on dark.

import { PANEL_HEIGHT, PANEL_WIDTH, escape, panel } from './panel.js'
import { median } from './trend.js'
import type { ChurnEvent } from './churn.js'
import type { Line } from './panel.js'
import type { Sample } from './soak-cluster.js'
import type { Finding } from './verdict.js'
import type { Vitals } from './vitals.js'

export interface ChartInit {
  title: string
  samples: readonly Sample[]
  events: readonly ChurnEvent[]
  findings: readonly Finding[]
  /** Seconds. */
  warmUp: number
}

interface Figure { title: string, unit: string, of: keyof Vitals, isRate?: boolean }

const FIGURES: readonly Figure[] = [
  { title: 'Resident set', unit: 'MiB', of: 'rss' },
  { title: 'Heap used', unit: 'MiB', of: 'heap' },
  { title: 'Heap used, but for compiled code', unit: 'MiB', of: 'data' },
  { title: 'Compiled code', unit: 'MiB', of: 'code' },
  { title: 'Memory outside of the heap', unit: 'MiB', of: 'external' },
  { title: 'In the caches, as they count', unit: 'MiB', of: 'bytes' },
  { title: 'Handles', unit: 'sockets, servers, pipes', of: 'handles' },
  { title: 'Timers that wait', unit: 'count', of: 'timers' },
  { title: 'Listeners', unit: 'count', of: 'listeners' },
  { title: 'Members', unit: 'count', of: 'members' },
  { title: 'Event-loop delay, p99 of each second', unit: 'ms', of: 'delayP99' },
  { title: 'Gets', unit: 'a second', of: 'gets', isRate: true }
]
const COLUMNS = 2
const HEADER = 74
const COLOURS = ['a', 'b']
/** Points of a line: more would not be seen. */
const POINTS = 240

/** Its own background, so that it looks the same on any page; it follows the reader's scheme. */
const STYLE = `
  text { font-family: system-ui, "Segoe UI", Helvetica, Arial, "DejaVu Sans", sans-serif; fill: #1f2328 }
  .back { fill: #ffffff; stroke: #d1d9e0 } .head { font-size: 17px; font-weight: 600 } .title { font-size: 14px; font-weight: 600 }
  .unit, .tick, .note { font-weight: 400; font-size: 12px; fill: #59636e }
  .grid { stroke: #d1d9e0; stroke-width: 1 } .warm { fill: #59636e; opacity: .08 }
  .mark { stroke: #59636e; stroke-width: 1.2; fill: none }
  .line { fill: none; stroke-width: 1.4; stroke-linejoin: round } .band { stroke: none; opacity: .18 }
  .trend { fill: none; stroke-width: 1.6; stroke-dasharray: 7 4 }
  .line.a, .trend.a, .key.a { stroke: #0969da } .band.a { fill: #0969da } .line.b, .trend.b, .key.b { stroke: #bc4c00 } .band.b { fill: #bc4c00 }
  .key { stroke-width: 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc } .back { fill: #0d1117; stroke: #3d444d } .unit, .tick, .note { fill: #9198a1 }
    .grid { stroke: #2a313a } .warm { fill: #9198a1 } .mark { stroke: #9198a1 }
    .line.a, .trend.a, .key.a { stroke: #58a6ff } .band.a { fill: #58a6ff } .line.b, .trend.b, .key.b { stroke: #f0883e } .band.b { fill: #f0883e }
  }`

export function soakChart ({ title, samples, events, findings, warmUp }: ChartInit): string {
  const processes = [...new Set(samples.map(({ name }) => name))].sort()
  const to = Math.max(...samples.map(({ seconds }) => seconds)) / 60
  const panels = FIGURES.map((figure, i) => {
    const lines = processes.map((name, p) => line(figure, samples.filter(sample => sample.name === name), COLOURS[p % COLOURS.length] as string, findings, warmUp))
    const [column, row] = [i % COLUMNS, Math.floor(i / COLUMNS)]
    return panel({ title: figure.title, unit: figure.unit, lines, to, marks: events.map(({ at }) => at / 60), warmUp: warmUp / 60 }, column * PANEL_WIDTH, HEADER + row * PANEL_HEIGHT)
  })
  const width = COLUMNS * PANEL_WIDTH + 10
  const height = HEADER + Math.ceil(FIGURES.length / COLUMNS) * PANEL_HEIGHT + 8
  const keys = processes.map((name, p) => `<line class="key ${COLOURS[p % COLOURS.length]}" x1="${58 + p * 110}" x2="${78 + p * 110}" y1="52" y2="52"/><text class="note" x="${84 + p * 110}" y="56">${escape(name)}</text>`)
  const note = 'line: median, band: least to most; dashed: robust trend; grey: warm-up; marks: members come, go, freeze'
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">
<title>${escape(title)}</title>
<style>${STYLE}
</style>
<rect class="back" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>
<text class="head" x="58" y="30">${escape(title)}</text>
${keys.join('\n')}
<text class="note" text-anchor="end" x="${width - 24}" y="56">${note}</text>
${panels.join('\n')}
</svg>
`
}

function line ({ of, isRate = false }: Figure, samples: readonly Sample[], colour: string, findings: readonly Finding[], warmUp: number): Line {
  const values = isRate ? rates(samples, of) : samples.map(sample => ({ at: sample.seconds / 60, value: sample[of] }))
  const perPoint = Math.max(1, Math.ceil(values.length / POINTS))
  const points = Array.from({ length: Math.ceil(values.length / perPoint) }, (_, i) => {
    const some = values.slice(i * perPoint, (i + 1) * perPoint)
    const numbers = some.map(({ value }) => value)
    return { at: median(some.map(({ at }) => at)), least: Math.min(...numbers), middle: median(numbers), most: Math.max(...numbers) }
  })
  const trend = findings.find(({ quantity, process }) => quantity === of && process === samples[0]?.name)?.trend
  if (trend === undefined) return { colour, points }
  const [from, to] = [warmUp / 60, points.at(-1)?.at ?? 0]
  const on = (at: number): readonly [number, number] => [at, Math.max(0, trend.level + trend.theilSen * (at - (from + to) / 2) / 60)]
  return { colour, points, trend: [on(from), on(to)] }
}

/** How fast a counter counts, between two samples. After a standstill two may come at once: between these there is no time. */
function rates (samples: readonly Sample[], of: keyof Vitals): Array<{ at: number, value: number }> {
  return samples.slice(1).flatMap((sample, i) => {
    const before = samples[i] as Sample
    const took = sample.seconds - before.seconds
    return took > 0 ? [{ at: sample.seconds / 60, value: (sample[of] - before[of]) / took }] : []
  })
}
