// top: what a member does, once a second.

import { CLIENT_FLAGS } from '../client.js'
import { CliError } from '../command.js'
import { percent, plain, size, table, time } from '../table.js'
import { clientOf, statusOf } from './look.js'
import type { Command } from '../command.js'
import type { Snapshot } from '../../side-door/board.js'

const CLEAR = '\x1b[H\x1b[2J\x1b[3J'

export const top: Command = {
  name: 'top',
  args: [],
  summary: 'What a member does, once a second: its gets, its cluster, the keys asked for most through its side door.',
  flags: { ...CLIENT_FLAGS, count: { type: 'string', short: 'n', value: 'N', help: 'end after so many' } },
  async run (parsed, shell) {
    const { count = 'Infinity', json } = parsed.flags
    let left = Number(count)
    if (!(left >= 1)) throw new CliError(`--count: expected a number from 1 on, got ${JSON.stringify(count)}`)
    const client = await clientOf(parsed, shell)
    await statusOf(client)
    for await (const snapshot of client.snapshots()) {
      if (json === true) shell.print(JSON.stringify(snapshot))
      else shell.print(`${shell.isTerminal ? CLEAR : ''}${screen(snapshot)}`)
      if (--left < 1) return
    }
  }
}

function screen ({ name, cluster, uptime, rates, memory, members, hottest, events }: Snapshot): string {
  const ratio = rates.gets === 0 ? '–' : percent(rates.hits / rates.gets)
  return [
    `member ${plain(name)} of cluster ${plain(cluster)}, up for ${time(uptime)}; ${size(memory.cached)} cached, ${size(memory.rss)} in all`,
    `${rates.gets.toLocaleString('en')} gets/s, ${ratio} from memory; ${rates.peerGets} asked of others, ${rates.serverGets} asked by others, ${rates.loads} loads, ${rates.errors} errors`,
    '',
    table(['member', 'state', 'keys', 'for'], members.map(({ name, state, share, since }) => [name, state, percent(share), time(since)])),
    ...(hottest.length === 0 ? [] : ['', table(['asked for most', 'group', 'gets'], hottest.map(({ key, group, gets }) => [key, group, gets]))]),
    ...(events.length === 0 ? [] : ['', ...events.slice(0, 5).map(({ kind, name, ago }) => `${plain(name)} ${{ join: 'came', leave: 'left', fail: 'failed' }[kind]} ${time(ago)} ago`)]),
    ''
  ].join('\n')
}
