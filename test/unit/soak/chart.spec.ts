// The picture of the long run: an SVG that any reader takes, with everything in it that it should show.

import { expect } from 'chai'
import { soakChart } from '../../soak/chart.js'
import { panel, ticks } from '../../soak/panel.js'
import { findings } from '../../soak/verdict.js'
import { VITALS } from '../../soak/vitals.js'
import type { Sample } from '../../soak/soak-cluster.js'
import type { Vitals } from '../../soak/vitals.js'

const samples = ['a & b', 'c < d'].flatMap((name, p) => Array.from({ length: 600 }, (_, seconds): Sample =>
  ({ seconds, name, ...Object.fromEntries(VITALS.map((vital, i) => [vital, 10 * i + p + Math.sin(seconds)])) as unknown as Vitals, members: 4 })))
const svg = soakChart({ title: 'ten minutes <&>', samples, events: [{ at: 60, what: 'leaves', name: 'x' }], findings: findings(samples, 200, 1), warmUp: 200 })

/** What keeps a text from being XML, as far as this one could go wrong: tags, attributes, entities. */
function fault (xml: string): string | undefined {
  const open: string[] = []
  let at = 0
  for (const match of xml.matchAll(/<(\/?)([a-z]+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/gi)) {
    const between = xml.slice(at, match.index)
    if (/[<>]|&(?!(?:amp|lt|gt);)/.test(between)) return `"${between.trim()}" before ${match[0]}`
    at = match.index + match[0].length
    const [, closing, name = '', attributes = '', empty] = match
    const names = [...attributes.matchAll(/([\w:-]+)=/g)].map(([, attribute]) => attribute)
    if (new Set(names).size < names.length) return `an attribute twice: ${match[0]}`
    if (closing === '/') {
      if (open.pop() !== name) return `</${name}> closes nothing`
    } else if (empty !== '/') {
      open.push(name)
    }
  }
  if (xml.slice(at).trim() !== '') return `"${xml.slice(at)}" at the end`
  return open.length === 0 ? undefined : `<${open.join('> <')}> is not closed`
}

describe('the picture of the long run', () => {
  it('is well-formed, whatever its texts are', () => {
    expect(fault(svg)).to.equal(undefined)
    expect(svg).to.include('ten minutes &lt;&amp;&gt;').and.to.include('a &amp; b').and.to.include('c &lt; d')
  })

  it('would be told from what is not', () => {
    expect(fault(svg.replace('</g>', ''))).to.include('closes nothing')
    expect(fault(svg.replace('a &amp; b', 'a & b'))).to.include('a & b')
    expect(fault(svg.replace('</svg>', ''))).to.include('<svg> is not closed')
    expect(fault('<a b="1" b="2"/>')).to.include('twice')
  })

  it('has numbers only, and a figure for each quantity with its unit and both processes', () => {
    expect(svg).to.not.match(/NaN|undefined|Infinity/)
    const figures = svg.split('<g ').slice(1)
    expect(figures).to.have.length(12)
    for (const figure of figures) {
      expect(figure).to.match(/class="line a" d="M[^"]+L/).and.to.match(/class="line b" d="M[^"]+L/)
      expect(figure).to.match(/class="unit"[^>]*>[^<]+</).and.to.include('minutes')
    }
  })

  it('has numbers only also where two samples came at once', () => {
    const twice = samples.flatMap(sample => sample.seconds === 300 ? [sample, sample] : [sample])
    expect(soakChart({ title: 't', samples: twice, events: [], findings: [], warmUp: 0 })).to.not.match(/NaN|undefined|Infinity/)
  })

  it('shows trends where there are any, and what happened to the members', () => {
    expect(svg.match(/class="trend a"/g)).to.have.length(7)
    expect(svg).to.match(/class="mark" d="M[\d.]+ [\d.]+v-5"/)
  })

  it('keeps within its figures what is drawn', () => {
    const drawn = panel({ title: 't', unit: 'u', lines: [{ colour: 'a', points: [{ at: 0, least: 0, middle: 5, most: 17 }, { at: 10, least: 1, middle: 2, most: 3 }] }], to: 10, marks: [], warmUp: 0 }, 0, 0)
    const coordinates = [...drawn.matchAll(/[ML]([\d.-]+) ([\d.-]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const)
    expect(coordinates).to.have.length(6)
    for (const [x, y] of coordinates) {
      expect(x).to.be.within(58, 566)
      expect(y).to.be.within(34, 172)
    }
  })
})

describe('the ticks of an axis', () => {
  it('are round, and reach beyond what is shown', () => {
    expect(ticks(0, 17, 4)).to.deep.equal([0, 5, 10, 15, 20])
    expect(ticks(0, 250, 4)).to.deep.equal([0, 100, 200, 300])
    expect(ticks(0, 0.7, 4)).to.deep.equal([0, 0.2, 0.4, 0.6, 0.8])
    expect(ticks(0, 1, 4)).to.deep.equal([0, 0.5, 1])
  })
})
