// A schedule as a table, printed before it is played.

import { describe } from './fault.js'
import type { Schedule } from './schedule.js'

export function tableOf ({ seed, seconds, network, members, switches, warmUp, faultTime, quiet, getsPerSecond, updatesPerSecond, faults }: Schedule): string {
  const where = network === 'proxies' ? 'each behind a proxy' : `in namespaces at two switches: ${[0, 1].map(number => members.filter((_, i) => switches[i] === number).join()).join(' | ')}`
  const head = [
    `seed ${seed}, ${seconds} s: ${members.length} processes, ${where}; at each ${getsPerSecond} gets and ${updatesPerSecond} updates a second`,
    `${inSeconds(warmUp)} s of load, ${inSeconds(faultTime)} s with ${faults.length} faults, ${inSeconds(quiet)} s of quiet`
  ]
  const rows = faults.map((fault, i) => [String(i + 1), inSeconds(fault.at), fault.until === fault.at ? '' : inSeconds(fault.until), fault.kind, describe(fault)])
  return [...head, ...columns([['#', 'from', 'to', 'fault', ''], ...rows])].join('\n')
}

function inSeconds (ms: number): string {
  return (ms / 1_000).toFixed(1)
}

function columns (rows: string[][]): string[] {
  const widths = (rows[0] as string[]).map((_, i) => Math.max(...rows.map(row => (row[i] as string).length)))
  return rows.map(row => row.map((cell, i) => i < 3 ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number)).join('  ').trimEnd())
}
