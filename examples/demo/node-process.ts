// The driver's side of one node: the forked process, what was asked of it and what it last said.

import { fork, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { endChild } from './end-child.js'
import type { Answer, Command, NodeSettings, Report, Status } from './messages.js'

/** Milliseconds. */
const countDeadline = 15_000

export interface NodeListener {
  answers (answers: Answer[]): void
  /** The node ended without having been told to. */
  died (reason: string): void
}

export class NodeProcess {
  readonly name: string
  /** 'starting' until it has found the others; 'ended' when stopped or lost. */
  state: 'starting' | 'running' | 'killed' | 'ended' = 'starting'
  status: Status | undefined
  getsPerSecond = 0
  /** Gets that it has not answered yet. */
  open = 0
  /** When this node dropped which member. */
  readonly dropped = new Map<string, number>()
  readonly #child: ChildProcess
  readonly #listener: NodeListener
  /** Numbers of keys that were asked for. */
  readonly #counts = new EventEmitter()
  #stderr = ''
  #statusAt = 0

  constructor (settings: NodeSettings, listener: NodeListener) {
    this.name = settings.name
    this.#listener = listener
    this.#child = fork(new URL('./worker.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'pipe', 'ipc'] })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-4_000)
    })
    this.#child.on('message', (report: Report) => this.#hear(report))
    this.#child.on('error', () => {}) // it has gone while a message was on its way; 'close' follows
    this.#child.on('close', (code, signal) => this.#closed(code, signal))
    this.#send({ type: 'start', settings })
  }

  /** What the process wrote to stderr, its end at least. */
  get stderr (): string {
    return this.#stderr.trim()
  }

  get (ids: number[]): void {
    this.open += ids.length
    this.#send({ type: 'get', ids })
  }

  /** How many of the keys does `owner` own in this node's view? One question at a time. */
  async countOwned (ids: number[], owner: string, signal: AbortSignal): Promise<number> {
    const late = AbortSignal.timeout(countDeadline)
    // listens before it asks: messages may come many at a time
    const counted = once(this.#counts, 'count', { signal: AbortSignal.any([signal, late]) }) as Promise<[number]>
    this.#send({ type: 'count-owned', ids, owner })
    try {
      return (await counted)[0]
    } catch (error) {
      throw late.aborted ? new Error(`${this.name} did not say within ${countDeadline / 1_000} s how many keys ${owner} owns`) : error
    }
  }

  /** Power off: no goodbye, no last words. Resolves when all that it ever said has been heard. */
  async kill (): Promise<void> {
    this.state = 'killed'
    this.getsPerSecond = 0
    const ended = Promise.all([once(this.#child, 'close'), once(this.#child, 'disconnect')])
    this.#child.kill('SIGKILL')
    await ended
  }

  /** Lets the node say goodbye. false: its process did not end by itself in time. */
  async stop (): Promise<boolean> {
    this.state = 'ended'
    return endChild(this.#child, () => this.#send({ type: 'stop' }))
  }

  /** Gets rid of the process in whatever state it is. */
  async end (): Promise<void> {
    if (this.state !== 'killed') this.state = 'ended'
    await endChild(this.#child)
  }

  #send (command: Command): void {
    if (this.#child.connected) this.#child.send(command)
  }

  #hear (report: Report): void {
    switch (report.type) {
      case 'ready':
        if (this.state === 'starting') this.state = 'running'
        break
      case 'status':
        this.#hearStatus(report.status)
        break
      case 'answers':
        this.open -= report.answers.length
        this.#listener.answers(report.answers)
        break
      case 'dropped':
        this.dropped.set(report.member, report.at)
        break
      case 'owned':
        this.#counts.emit('count', report.count)
        break
    }
  }

  /** Keeps a running mean of the rate, so that the view does not flicker. */
  #hearStatus (status: Status): void {
    const now = performance.now()
    if (this.status !== undefined && this.state !== 'killed') {
      const rate = (status.stats.gets - this.status.stats.gets) * 1000 / (now - this.#statusAt)
      this.getsPerSecond += (rate - this.getsPerSecond) * 0.3
    }
    this.status = status
    this.#statusAt = now
  }

  #closed (code: number | null, signal: NodeJS.Signals | null): void {
    if (this.state === 'killed' || this.state === 'ended') return
    this.state = 'ended'
    if (signal === 'SIGINT') return // Ctrl-C, before it could listen; the driver has heard it, too
    const how = signal === null ? `with code ${code}` : `by ${signal}`
    this.#listener.died(`${this.name} ended ${how}${this.stderr === '' ? '' : `:\n${this.stderr}`}`)
  }
}
