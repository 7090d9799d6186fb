// What can be seen while the demo runs: in a terminal one screen redrawn in place, otherwise a line
// now and then.

import { styleText } from 'node:util'
import { count, percent, table } from './format.js'
import type { NodeProcess } from './node-process.js'
import type { Run } from './run.js'

const redrawInterval = 200
const lineInterval = 2_000
const hideCursor = '\x1b[?25l'
const showCursor = '\x1b[?25h'
const clearBelow = '\x1b[J'
/** Terminals that know it show the frame all at once. */
const [beginFrame, endFrame] = ['\x1b[?2026h', '\x1b[?2026l']

type Style = Parameters<typeof styleText>[0]

export class View {
  readonly #out: NodeJS.WriteStream
  readonly #begun = performance.now()
  #timer: NodeJS.Timeout | undefined
  #run: Run | undefined
  #drawn = 0
  #isClosed = false

  constructor (out: NodeJS.WriteStream) {
    this.#out = out
    if (out.isTTY) out.write(hideCursor)
  }

  /** From now on shows how the run goes. */
  follow (run: Run): void {
    this.#run = run
    this.#timer = this.#out.isTTY
      ? setInterval(() => this.#redraw(), redrawInterval)
      : setInterval(() => { if (run.elapsed > 0) this.say(summary(run)) }, lineInterval)
  }

  /** A line that stays. */
  say (event: string): void {
    this.#erase()
    const time = `${((performance.now() - this.#begun) / 1000).toFixed(1).padStart(5)} s`
    this.#out.write(`${this.#style('dim', time)}  ${event}\n`)
    if (this.#out.isTTY) this.#redraw()
  }

  /** Leaves the last state of the table on the screen, and the terminal as it was. Once is enough. */
  close (): void {
    clearInterval(this.#timer)
    if (this.#isClosed || !this.#out.isTTY) return
    this.#isClosed = true
    this.#redraw()
    this.#out.write(showCursor)
  }

  #redraw (): void {
    if (this.#run === undefined) return
    // The cursor can only go back over what is on the screen: a line that wraps or scrolls is lost.
    // Terminals that do not know their size say 0.
    const width = this.#out.columns || 100
    const lines = this.#frame(this.#run).slice(0, (this.#out.rows || 24) - 1)
    this.#out.write(beginFrame)
    this.#erase()
    this.#out.write(lines.map(({ text, style }) => this.#style(style, text.slice(0, width)) + '\n').join(''))
    this.#out.write(endFrame)
    this.#drawn = lines.length
  }

  #erase (): void {
    if (this.#drawn > 0) this.#out.write(`\x1b[${this.#drawn}A\r${clearBelow}`)
    this.#drawn = 0
  }

  #frame (run: Run): Array<{ text: string, style: Style }> {
    const [head = '', ...rows] = table([columns, ...run.cluster.nodes.map(cells)])
    return [
      { text: '', style: 'reset' },
      { text: head, style: 'bold' },
      ...run.cluster.nodes.map((node, i) => ({ text: rows[i] ?? '', style: styleOf(node) })),
      { text: '', style: 'reset' },
      { text: summary(run), style: 'cyan' }
    ]
  }

  #style (style: Style, text: string): string {
    return this.#out.isTTY && process.env.NO_COLOR === undefined ? styleText(style, text) : text
  }
}

/** Hits and loads are this node's since its start; "from peer" are gets that another node answered. */
const columns = ['node', 'members', 'of the ring', 'gets/s', 'main hits', 'hot hits', 'from peer', 'loads', 'items']

function cells (node: NodeProcess): string[] {
  const { status } = node
  if (status === undefined) return [node.name, 'starting']
  const { stats } = status
  const numbers = [stats.mainHits, stats.hotHits, stats.peerGets - stats.peerErrors, stats.loads, stats.items].map(count)
  if (node.state === 'killed') return [node.name, 'killed', '', '', ...numbers]
  return [node.name, String(status.members.length), percent(status.share), count(node.getsPerSecond), ...numbers]
}

function styleOf (node: NodeProcess): Style {
  if (node.state === 'killed') return 'red'
  return node.state === 'starting' ? 'yellow' : 'reset'
}

function summary ({ tally, queries }: Run): string {
  return `${count(tally.answered)} gets answered, ${count(tally.distinct.size)} distinct keys, ${count(queries)} database queries, ` +
    `${count(tally.failed)} failed, ${count(tally.wrong)} wrong`
}
