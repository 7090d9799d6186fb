// The processes of a run: who is there, and who was.

import { now } from '../support/history.js'
import { Life } from './life.js'
import type { Place } from './place.js'
import type { Schedule } from './schedule.js'

const PORT = 4001
/** Milliseconds until the first ones have found each other; nothing is judged yet. */
const START_TIME = 90_000
/** Milliseconds a process that joins waits for the others before it takes traffic. */
const READY_TIME = 5_000
/** Milliseconds for a stopped member's process to be gone: stopping, settling, ending. What it takes while it cannot run does not count. */
const STOP_TIME = 20_000

export interface ClusterInit {
  schedule: Schedule
  place: Place
  bundle: string
  origin: string
  log: (what: string) => void
}

interface Slot { port: number, life: Life, vacate: () => void }

export class Cluster {
  /** All that ever were, in the order of their starts. */
  readonly lives: Life[] = []
  readonly failures: string[] = []
  readonly #init: ClusterInit
  readonly #slots = new Map<string, Slot>()
  readonly #name: string
  #count = 0

  constructor (init: ClusterInit) {
    this.#init = init
    this.#name = `chaos ${init.schedule.seed} ${process.pid}`
  }

  /** Those that run, and were not told to end. */
  get up (): Life[] {
    return this.lives.filter(({ isUp }) => isUp)
  }

  /** The process of that name, if it is up. */
  life (name: string): Life | undefined {
    const life = this.#slots.get(name)?.life
    return life?.isUp === true ? life : undefined
  }

  /** Starts the first members, and waits until they have seen each other. */
  async begin (): Promise<void> {
    const { members } = this.#init.schedule
    const lives = await Promise.all(members.map(name => this.#spawn(name, true)))
    const areReady = await Promise.all(lives.map(life => life.call('ready', lives.length, START_TIME)))
    if (areReady.includes(false)) throw new Error(`the first members did not find each other within ${START_TIME} ms`)
    await Promise.all(lives.map(life => this.#load(life)))
  }

  /** A process of that name, and its load. */
  async start (name: string, keepsAddress: boolean): Promise<void> {
    const life = await this.#spawn(name, keepsAddress)
    await life.call('ready', this.up.length, READY_TIME)
    await this.#load(life)
  }

  kill (name: string): void {
    const slot = this.#slots.get(name)
    if (slot === undefined) return
    // at once: who loses its connection dials anew, and is to be refused
    slot.vacate()
    slot.life.kill()
  }

  /** Resolves when the process has ended by itself, or had to be killed. */
  async stop (life: Life): Promise<void> {
    const slot = this.#slots.get(life.name)
    life.orderEnd('stop')
    const late = setTimeout(() => {
      this.failures.push(`${this.tell(life)} was told to stop, and has not ended within ${STOP_TIME} ms`)
      life.signal('SIGKILL')
    }, STOP_TIME)
    void life.exited.then(() => { if (slot?.life === life) slot.vacate() })
    try {
      const { took, unsettled } = await life.call('stop')
      this.#init.log(`${life.name} has stopped within ${took} ms`)
      if (unsettled > 0) this.failures.push(`${unsettled} gets or updates are pending at ${this.tell(life)}, which has stopped`)
    } catch (err) {
      if (life.endOrder !== 'kill') this.failures.push(`${this.tell(life)} could not be stopped: ${(err as Error).message}`)
    }
    const code = await life.exited
    clearTimeout(late)
    if (code !== '0' && life.endOrder !== 'kill') this.failures.push(`${this.tell(life)} has ended with ${code}: ${life.stderr.slice(-500)}`)
  }

  /** Whoever is left is killed. */
  async end (): Promise<void> {
    this.killAll()
    await Promise.all(this.lives.map(({ exited }) => exited))
  }

  killAll (): void {
    for (const life of this.lives) if (life.endedAt === Infinity) life.kill()
  }

  tell ({ name, number }: Life): string {
    return `${name} (process ${number})`
  }

  async #spawn (name: string, keepsAddress: boolean): Promise<Life> {
    const { place, bundle, origin, log, schedule } = this.#init
    const number = this.#count++
    const port = keepsAddress ? this.#slots.get(name)?.port ?? PORT : PORT + number
    const { vacate, namespace, ...seat } = await place.seat(name, number, port)
    const life = new Life({ name, number, bundle, namespace })
    this.lives.push(life)
    this.#slots.set(name, { port, life, vacate })
    const discovery = [...new Set([...schedule.members, ...this.#slots.keys()])].filter(other => other !== name).map(other => place.address(other, this.#slots.get(other)?.port ?? PORT))
    life.peerId = await life.call('start', { name, cluster: this.#name, discovery, origin, ...seat })
    life.startedAt = now()
    log(`${name} has started (process ${number}, pid ${life.pid}, ${life.peerId})`)
    void life.exited.then(code => {
      log(`${name} has ended (process ${number}) with ${code}`)
      if (life.endOrder === undefined) this.failures.push(`${this.tell(life)} has ended with ${code}, and nobody told it to: ${life.stderr.slice(-2_000)}`)
    })
    return life
  }

  async #load (life: Life): Promise<void> {
    const { seed, getsPerSecond, updatesPerSecond } = this.#init.schedule
    await life.call('load', { seed: seed * 1_000 + life.number, getsPerSecond, updatesPerSecond })
  }
}
