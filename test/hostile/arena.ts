// A victim and an honest member, each a process of its own, and a third process that attacks the victim: what each attack
// costs the victim's memory and the honest member's gets, and what becomes of the attacker.

import { until } from '../support/until.js'
import { Remote, killAll } from './remote.js'
import type { Attack } from './attack.js'
import type { AttackerCalls } from './attacker.js'
import type { MemberCalls } from './member.js'

export interface Outcome {
  readonly attack: Attack
  /** Bytes, of the victim: before the attack, and the most there were. */
  readonly before: number
  readonly peak: number
  /** What the honest member got, in each window. */
  readonly without: readonly Window[]
  readonly during: readonly Window[]
  /** Gets that failed, or brought something else. */
  readonly wrong: readonly string[]
  /** Of one core. */
  readonly attackerBusy: number
  /** Milliseconds after the attack began. */
  readonly cutOffAfter: number | undefined
  /** What the victim's log says about it. */
  readonly lines: readonly string[]
  /** The attack did not go as it was meant to. */
  readonly failure: string | undefined
}

/** What the honest member got for a while. */
export interface Window {
  readonly perSecond: number
  /** Milliseconds. */
  readonly p99: number
  /** Milliseconds of the victim's processor time for each get, whatever that was spent on. */
  readonly cost: number
}

export interface Course {
  /** Times that the attack is made, with a window without it after each. */
  readonly windows: number
  /** Milliseconds of each. */
  readonly ms: number
  /** Gets a second that the honest member makes; undefined = as many as it can. */
  readonly rate?: number | undefined
}

/** Gets a second that a victim answers that has nothing else to do. */
const CALM_RATE = 2_000
/** Milliseconds that an attack has for being noticed, on a machine that is busy with other things; and a moment of it. */
const MAX_MEETING = 100_000
const MOMENT = 500

export class Arena {
  readonly #victim: Remote<MemberCalls>
  readonly #honest: Remote<MemberCalls>
  readonly #attacker: Remote<AttackerCalls>
  #address = ''
  #count = 0

  private constructor () {
    this.#victim = new Remote<MemberCalls>('victim', './member.ts', { DEBUG: 'groupcache*:error,groupcache:security' })
    this.#honest = new Remote<MemberCalls>('honest', './member.ts')
    this.#attacker = new Remote<AttackerCalls>('attacker', './attacker.ts')
  }

  static async open (): Promise<Arena> {
    const arena = new Arena()
    arena.#address = await arena.#victim.call('start', 'victim', [])
    await arena.#honest.call('start', 'honest', [arena.#address])
    await arena.#honest.call('ready', 2)
    await arena.#aim()
    await arena.#honest.call('measure', 500)
    return arena
  }

  async run (attack: Attack, { windows, ms, rate }: Course): Promise<Outcome> {
    const [victim, honest, attacker] = [this.#victim, this.#honest, this.#attacker]
    const id = await this.#join()
    await this.#aim()
    const isCalm = async (): Promise<boolean> => (await honest.call('measure', 200, CALM_RATE)).perSecond > 0.9 * CALM_RATE
    await until(isCalm, { timeout: 60_000, what: 'what an earlier attack has left is worked through' })
    const { rss: before } = await victim.call('settle')
    const seen = victim.lines.length
    const [without, during, wrong, busy]: [Window[], Window[], string[], number[]] = [[], [], [], []]
    let cutOffAfter: number | undefined
    let failure: string | undefined
    for (let i = 0; i < windows; i++) {
      const length = attack.ms ?? ms
      const asked = attack.victimAsks === true ? victim.call('ask', `attacker-${this.#count}`, length) : Promise.resolve([])
      const [fought, window, unanswered] = await Promise.all([attacker.call('attack', attack.name, length), this.#watch(length, rate, wrong), asked])
      during.push(window)
      wrong.push(...unanswered)
      busy.push(fought.cpu)
      cutOffAfter ??= fought.cutOffAfter
      failure ??= fought.failure
      const [control] = await Promise.all([this.#watch(ms, rate, wrong), attacker.call('spin', fought.cpu, ms)])
      without.push(control)
    }
    const { peak } = await victim.call('memory')
    await attacker.call('leave')
    const lines = victim.lines.slice(seen).filter(line => line.includes(id) || attack.isLogged?.test(line) === true)
    return { attack, before, peak, without, during, wrong, attackerBusy: median(busy), cutOffAfter, lines, failure }
  }

  /**
   * Makes an attack until what has to happen has happened, or for a moment where nothing has to. Nothing is measured against time.
   *
   * @returns by how many bytes the victim's memory grew, the honest member's gets that failed meanwhile, and what the log says
   */
  async meet (attack: Attack): Promise<{ grown: number, wrong: readonly string[], lines: readonly string[] }> {
    const [victim, honest, attacker] = [this.#victim, this.#honest, this.#attacker]
    await this.#join()
    await this.#aim()
    const { rss } = await victim.call('settle')
    const seen = victim.lines.length
    const wrong: string[] = []
    const fought = attacker.call('attack', attack.name, MAX_MEETING)
    try {
      const asked = attack.victimAsks === true ? victim.call('ask', `attacker-${this.#count}`, MOMENT) : Promise.resolve([])
      const isAsExpected = async (): Promise<boolean> => {
        wrong.push(...(await honest.call('measure', MOMENT / 5)).wrong)
        const isCutOff = attack.isCutOff ?? attack.isLogged !== undefined
        if (isCutOff && await attacker.call('cutOffAfter') === undefined) return false
        return attack.isLogged === undefined || victim.lines.slice(seen).some(line => attack.isLogged?.test(line) === true)
      }
      await until(isAsExpected, { timeout: MAX_MEETING - 10_000, what: `${attack.name}: it is cut off and in the log` })
      if (attack.isLogged === undefined) wrong.push(...(await honest.call('measure', MOMENT)).wrong)
      wrong.push(...await asked)
    } finally {
      // whatever came of it, the next one is to find the victim alone
      await attacker.call('end')
      await fought
      await attacker.call('leave')
    }
    const { failure } = await fought
    if (failure !== undefined) throw new Error(`${attack.name}: ${failure}`)
    const { peak } = await victim.call('memory')
    return { grown: peak - rss, wrong, lines: victim.lines.slice(seen) }
  }

  /** The attacker becomes a member of all: keys that are the victim's for one of them are so for the others. */
  async #join (): Promise<string> {
    const id = await this.#attacker.call('join', `attacker-${++this.#count}`, this.#address)
    for (const member of [this.#victim, this.#honest]) await until(() => member.call('isMember', id), { timeout: 90_000, what: 'the attacker is a member' })
    return id
  }

  /** The gets of the honest member are for keys of the victim. */
  async #aim (): Promise<void> {
    await until(async () => (await this.#honest.call('members')).includes('victim'), { timeout: 90_000, what: 'the victim is a member' })
    await this.#honest.call('aim', 'victim')
  }

  async #watch (ms: number, rate: number | undefined, wrong: string[]): Promise<Window> {
    const before = await this.#victim.call('busy')
    const speed = await this.#honest.call('measure', ms, rate)
    wrong.push(...speed.wrong)
    return { perSecond: speed.perSecond, p99: speed.p99, cost: (await this.#victim.call('busy') - before) / speed.count }
  }

  /** The victim is well, and answers somebody new. */
  async isWell (): Promise<boolean> {
    await this.#aim()
    const { perSecond, wrong } = await this.#honest.call('measure', 100)
    return perSecond > 0 && wrong.length === 0
  }

  async close (): Promise<void> {
    await killAll()
  }
}

export function median (numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}
