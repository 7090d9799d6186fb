// status, members, owner, remove: one question to a running member each.

import { CLIENT_FLAGS, Client } from '../client.js'
import { secretIn } from '../secrets.js'
import { percent, plain, size, table, time } from '../table.js'
import { CliError } from '../command.js'
import type { Command, Parsed, Shell } from '../command.js'
import type { MemberView, Status } from '../../side-door/board.js'

export async function clientOf (parsed: Parsed, shell: Shell): Promise<Client> {
  return new Client(parsed, shell, await secretIn('token', parsed, shell))
}

/** @throws CliError when whoever answers is no member */
export async function statusOf (client: Client): Promise<Status> {
  const status = await client.get<Partial<Status>>('/v1/status')
  if (status.service !== 'groupcache') throw new CliError(`${client.url} is not the side door of a groupcache member`)
  return status as Status
}

export const status: Command = {
  name: 'status',
  args: [],
  summary: 'Whether a member is well, what it holds, and how its groups do.',
  flags: CLIENT_FLAGS,
  async run (parsed, shell) {
    const found = await statusOf(await clientOf(parsed, shell))
    if (parsed.flags.json === true) return shell.print(JSON.stringify(found))
    const { cluster, name, members, connections, uptime, memory, groups } = found
    shell.print(`member ${plain(name)} of cluster ${plain(cluster)}, up for ${time(uptime)}: sees ${members} ${members === 1 ? 'member' : 'members'}, connected to ${connections}; ${size(memory.cached)} cached, ${size(memory.rss)} in all`)
    shell.print(table(['group', 'gets', 'from memory', 'loads', 'failed', 'values', 'bytes', 'copies', 'bytes'], Object.entries(groups).map(([group, { gets, mainHits, hotHits, loads, loadErrors, items, bytes, hotItems, hotBytes }]) =>
      [group, gets, gets === 0 ? '–' : percent((mainHits + hotHits) / gets), loads, loadErrors, items, size(bytes), hotItems, size(hotBytes)])))
  }
}

export const members: Command = {
  name: 'members',
  args: [],
  summary: 'The members that a member sees, with their shares of the keys, and those that have gone lately.',
  flags: CLIENT_FLAGS,
  async run (parsed, shell) {
    const client = await clientOf(parsed, shell)
    await statusOf(client)
    const { members } = await client.get<{ members: MemberView[] }>('/v1/members')
    if (parsed.flags.json === true) return shell.print(JSON.stringify(members))
    shell.print(table(['name', 'state', 'keys', 'for', 'weight', 'address'], members.map(({ name, self, state, share, since, weight, multiaddrs }) =>
      [self ? `${name} *` : name, state, percent(share), time(since), weight, multiaddrs[0] ?? '–'])))
  }
}

interface Named { name: string, peerId: string }
interface Owned { owner: Named, successor: Named | null, cachedAt: Array<Named & { where: string }>, unknown: Named[] }

export const owner: Command = {
  name: 'owner',
  args: ['group', 'key'],
  summary: 'Who owns a key, who would take its place, and which members have it in memory. Loads nothing.',
  flags: CLIENT_FLAGS,
  async run (parsed, shell) {
    const [group, key] = parsed.args as [string, string]
    const found = await (await clientOf(parsed, shell)).get<Owned>(`/v1/${encodeURIComponent(group)}:owner?key=${encodeURIComponent(key)}`)
    if (parsed.flags.json === true) return shell.print(JSON.stringify(found))
    const places = found.cachedAt.map(({ name, where }) => `${plain(name)} (${where})`).join(', ')
    shell.print([
      `owner      ${plain(found.owner.name)}  ${found.owner.peerId}`,
      `then       ${found.successor === null ? 'nobody else' : `${plain(found.successor.name)}  ${found.successor.peerId}`}`,
      `in memory  ${places === '' ? 'nowhere' : places}`,
      ...(found.unknown.length === 0 ? [] : [`no answer  ${found.unknown.map(({ name }) => plain(name)).join(', ')}`])
    ].join('\n'))
  }
}

export const remove: Command = {
  name: 'remove',
  args: ['group', 'key'],
  summary: 'Removes a key at all members: when the command ends, nobody answers with what there was.',
  flags: CLIENT_FLAGS,
  async run (parsed, shell) {
    const [group, key] = parsed.args as [string, string]
    await (await clientOf(parsed, shell)).change('DELETE', `/v1/${encodeURIComponent(group)}:key?key=${encodeURIComponent(key)}`)
    shell.print(parsed.flags.json === true ? JSON.stringify({ removed: true, group, key }) : `removed ${plain(key)} of ${plain(group)}`)
  }
}
