// What is said at the end, and whether the run counts as a success.

import { count, duration, percent, table } from './format.js'
import type { Run } from './run.js'

/** Database queries allowed for each key: one, and a little for loads that the kill interrupted. */
const queriesPerKey = 1.05
const dropTarget = 2_000
/** Milliseconds: a get takes a few where processes get the processor when they need it. */
const busyMedian = 500

export interface Verdict {
  text: string
  success: boolean
}

export function judge (run: Run): Verdict {
  const { tally, death } = run
  const keys = tally.distinct.size + (death?.keysLost ?? 0)
  const bad = tally.failed + tally.wrong
  const figures = [
    ['gets', count(tally.asked)],
    ['distinct keys', count(tally.distinct.size)],
    ['database queries', count(run.queries)],
    ['gets that cost no query', percent(1 - run.queries / tally.asked)],
    ['failed gets', count(tally.failed)],
    ['wrong answers', count(tally.wrong)],
    ['median get', duration(tally.quantile(0.5))],
    ['99th percentile', duration(tally.quantile(0.99))]
  ]
  if (death !== undefined) {
    figures.push(
      [`keys lost with ${death.name}`, count(death.keysLost)],
      ['gets cut off with it', count(tally.cutOff)],
      ['dropped by all after', duration(death.droppedAfter)])
  }
  const lines = [
    ...table(figures).map(line => `  ${line}`),
    '',
    check(bad === 0, [
      bad === 0 ? 'every get' : `all but ${count(bad)} gets`,
      tally.cutOff === 0 ? ' ' : `, the ${count(tally.cutOff)} apart that the killed process itself had been asked for, `,
      `${bad === 0 ? 'was' : 'were'} answered, and with what the data set says`
    ].join('')),
    check(run.queries <= queriesPerKey * keys,
      `${(run.queries / keys).toFixed(3)} queries for each distinct or lost key (at most ${queriesPerKey})`)
  ]
  if (death !== undefined) {
    lines.push(check(death.droppedAfter <= dropTarget,
      `every survivor had dropped ${death.name} after ${duration(death.droppedAfter)} (at most ${duration(dropTarget)})`))
  }
  return { text: [...lines, ...remarks(run)].join('\n'), success: bad === 0 }
}

function check (good: boolean, claim: string): string {
  return `  ${good ? '✓' : '✗'} ${claim}`
}

/** What nobody asked for but somebody should know. */
function remarks (run: Run): string[] {
  const slow = run.tally.quantile(0.5)
  return [
    ...(slow > busyMedian ? [`this machine was too busy for so many gets a second (half of them took more than ${duration(slow)}): try npm run demo -- --rate 100`] : []),
    ...run.tally.examples,
    ...run.stragglers.map(name => `${name} had to be killed: it did not end by itself after it was stopped`),
    ...run.cluster.nodes.filter(node => node.stderr !== '').map(node => `${node.name} wrote to stderr: ${node.stderr}`)
  ].map(remark => `  ! ${remark}`)
}
