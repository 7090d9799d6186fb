// One figure: lines over time with a band from least to most, axes with units, as SVG.

export interface Line {
  /** Of the style sheet: "a" or "b". */
  colour: string
  points: ReadonlyArray<{ at: number, least: number, middle: number, most: number }>
  /** A straight line, from its first to its last point. */
  trend?: ReadonlyArray<readonly [number, number]>
}

export interface Panel {
  title: string
  unit: string
  lines: readonly Line[]
  /** Minutes. */
  to: number
  /** Moments at which something happened, in minutes. */
  marks: readonly number[]
  /** Up to here nothing is judged. */
  warmUp: number
}

export const PANEL_WIDTH = 580
export const PANEL_HEIGHT = 210
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 14, 34, 38]

/** @returns the group of one panel, its upper left corner at x, y */
export function panel ({ title, unit, lines, to, marks, warmUp }: Panel, x: number, y: number): string {
  const values = lines.flatMap(({ points }) => points.flatMap(({ least, most }) => [least, most]))
  const steps = ticks(0, Math.max(1, ...values) * 1.05, 4)
  const top = steps.at(-1) as number
  const px = (at: number): string => (LEFT + at / to * (PANEL_WIDTH - LEFT - RIGHT)).toFixed(1)
  const py = (value: number): string => (PANEL_HEIGHT - BOTTOM - value / top * (PANEL_HEIGHT - TOP - BOTTOM)).toFixed(1)
  const floor = py(0)
  const path = (points: ReadonlyArray<readonly [number, number]>): string => points.map(([at, value], i) => `${i === 0 ? 'M' : 'L'}${px(at)} ${py(value)}`).join('')
  const band = ({ points }: Line): string => `${path([...points.map(({ at, most }) => [at, most] as const), ...points.map(({ at, least }) => [at, least] as const).reverse()])}Z`
  return [
    `<g transform="translate(${x} ${y})">`,
    `<text class="title" x="${LEFT}" y="20">${escape(title)}<tspan class="unit" dx="6">${escape(unit)}</tspan></text>`,
    `<rect class="warm" x="${px(0)}" y="${TOP}" width="${(Number(px(warmUp)) - LEFT).toFixed(1)}" height="${PANEL_HEIGHT - TOP - BOTTOM}"/>`,
    ...steps.map(step => `<line class="grid" x1="${LEFT}" x2="${PANEL_WIDTH - RIGHT}" y1="${py(step)}" y2="${py(step)}"/><text class="tick" text-anchor="end" x="${LEFT - 8}" y="${(Number(py(step)) + 4).toFixed(1)}">${step}</text>`),
    ...ticks(0, to, 6).filter(minute => minute <= to).map(minute => `<text class="tick" text-anchor="middle" x="${px(minute)}" y="${PANEL_HEIGHT - BOTTOM + 16}">${minute}</text>`),
    `<text class="tick" text-anchor="end" x="${PANEL_WIDTH - RIGHT}" y="${PANEL_HEIGHT - BOTTOM + 31}">minutes</text>`,
    `<path class="mark" d="${marks.map(at => `M${px(at)} ${floor}v-5`).join('')}"/>`,
    ...lines.map(line => `<path class="band ${line.colour}" d="${band(line)}"/>`),
    ...lines.map(({ colour, points }) => `<path class="line ${colour}" d="${path(points.map(({ at, middle }) => [at, middle]))}"/>`),
    ...lines.flatMap(({ trend, colour }) => trend === undefined ? [] : [`<path class="trend ${colour}" d="${path(trend)}"/>`]),
    '</g>'
  ].join('\n')
}

/** Round numbers from `from` until `to` is reached, about so many. */
export function ticks (from: number, to: number, count: number): number[] {
  const rough = (to - from) / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = power * ([1, 2, 5, 10].find(factor => factor * power >= rough) as number)
  const steps = Math.ceil((to - from) / step)
  return Array.from({ length: steps + 1 }, (_, i) => Number((from + i * step).toPrecision(12)))
}

export function escape (text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
