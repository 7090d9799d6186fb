// A small cluster that a test does something to, and that tells what its members see.

import { Network } from './network.js'
import { addressOf, lineOf } from './sim-process.js'
import { CALM } from './weather.js'
import { TIMINGS } from '../../../src/membership/timing.js'
import type { SimProcess } from './sim-process.js'
import type { Weather } from './weather.js'

export interface ScenarioInit {
  seed: number
  /** Part of the pings and the gossip that is lost. */
  loss?: number
}

export class Scenario {
  readonly network: Network
  /** What each process told, as 'kind id'. */
  readonly #changes = new Map<SimProcess, string[]>()
  #hosts = 0

  constructor ({ seed, loss = 0 }: ScenarioInit) {
    const weather: Weather = { ...CALM, loss, kind: loss > 0 ? 'datagram' : 'stream' }
    this.network = new Network({
      seed,
      weather,
      timing: TIMINGS.lan,
      onChange: (process, { kind, member }) => { this.changes(process).push(`${kind} ${member.id}`) }
    })
  }

  get members (): readonly SimProcess[] {
    return this.network.processes
  }

  changes (process: SimProcess): string[] {
    let changes = this.#changes.get(process)
    if (changes === undefined) {
      changes = []
      this.#changes.set(process, changes)
    }
    return changes
  }

  /** Starts one process, which knows the address of the first. */
  start ({ id, name, host = this.#hosts++, weight = 1 }: { id?: string, name?: string, host?: number, weight?: number } = {}): SimProcess {
    const text = `n${String(host).padStart(3, '0')}`
    const process = this.network.create({ id: id ?? text, name: name ?? text, host, weight })
    process.start(() => [addressOf(0)])
    return process
  }

  /** Starts so many; they are connected to each other as well when it resolves. */
  async cluster (count: number): Promise<SimProcess[]> {
    const members = Array.from({ length: count }, () => this.start())
    await this.until(() => this.isOneView(), 20_000, 'all see all')
    await this.run(30_000)
    return members
  }

  run (ms: number): Promise<void> {
    const { scheduler } = this.network
    return scheduler.run(scheduler.now + ms)
  }

  /** Virtual milliseconds until `condition` holds. @throws when it does not within `limit` */
  async until (condition: () => boolean, limit: number, what: string): Promise<number> {
    const { scheduler } = this.network
    const begin = scheduler.now
    while (!condition()) {
      if (scheduler.now - begin >= limit) throw new Error(`${what} did not hold within ${limit} virtual ms\n${this.members.map(member => `${member.name}: ${view(member).replaceAll('\n', ' | ')}`).join('\n')}`)
      await this.run(25)
    }
    return scheduler.now - begin
  }

  /** Whether each running process sees exactly the running ones, as each is. */
  isOneView (): boolean {
    const expected = this.members.map(({ membership }) => lineOf(membership.self)).sort().join('\n')
    return this.members.every(member => view(member) === expected)
  }

  /** Cuts all between two groups. @returns what heals it. Connections across are lost a moment later. */
  partition (some: readonly SimProcess[], others: readonly SimProcess[]): () => void {
    const { weathers, connections, scheduler } = this.network
    const pairs = some.flatMap(a => others.flatMap((b): Array<[SimProcess, SimProcess]> => [[a, b], [b, a]]))
    for (const [a, b] of pairs) {
      weathers.cut(a.host, b.host)
      const end = a.ends.get(b.id)
      if (end !== undefined) scheduler.after(20, () => { connections.close(end) }, a)
    }
    return () => { for (const [a, b] of pairs) weathers.heal(a.host, b.host) }
  }
}

function view ({ membership }: SimProcess): string {
  return membership.present().map(lineOf).sort().join('\n')
}

/** Whether these see exactly those. */
export function allSee (processes: readonly SimProcess[], members: readonly SimProcess[]): boolean {
  const expected = members.map(({ id }) => id).sort().join()
  return processes.every(({ membership }) => membership.present().map(({ id }) => id).sort().join() === expected)
}
