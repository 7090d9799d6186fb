// What the caches of a test stand in front of: versions of keys, put in one order by one event loop. It
// listens on a Unix socket, which processes reach from every network namespace.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Socket } from 'node:net'

export const KEYS: readonly string[] = Array.from({ length: 40 }, (_, i) => `k${i}`)
export const TAGS: readonly string[] = ['t0', 't1', 't2', 't3']

/** Every value of a key has it. */
export function tagOf (key: string): string {
  return `t${Number(key.slice(1)) % TAGS.length}`
}

interface Request { id: number, bump: boolean, keys: string[], reader?: string }
interface Response { id: number, version: number, error?: string }

/** A load has read a version; what it is told may have to wait, or to fail. @returns undefined = it is answered at once */
export type OnRead = (key: string, version: number, reader: string) => Promise<void> | undefined

export class Origin {
  readonly path: string
  readonly #folder: string
  readonly #server = createServer(socket => { this.#serve(socket) })
  readonly #sockets = new Set<Socket>()
  readonly #versions = new Map<string, number>()
  readonly #written = new Set<string>()
  readonly #onRead: OnRead
  #newest = 0

  private constructor (folder: string, onRead: OnRead) {
    this.#folder = folder
    this.#onRead = onRead
    this.path = join(folder, 'origin')
  }

  static async start (onRead: OnRead = () => undefined): Promise<Origin> {
    const origin = new Origin(await mkdtemp(join(tmpdir(), 'groupcache-')), onRead)
    await once(origin.#server.listen(origin.path), 'listening')
    return origin
  }

  async stop (): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await rm(this.#folder, { recursive: true })
  }

  /** The newest version of a key; 0 = it was never written. */
  version (key: string): number {
    return this.#versions.get(key) ?? 0
  }

  /** Whether there ever was that version of the key. */
  hadVersion (key: string, version: number): boolean {
    return version === 0 || this.#written.has(`${key} ${version}`)
  }

  #serve (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => { this.#sockets.delete(socket) })
    onLine(socket, line => {
      const { id, bump, keys, reader = '' } = JSON.parse(line) as Request
      const answer = (response: Response): void => { if (!socket.destroyed) socket.write(`${JSON.stringify(response)}\n`) }
      if (bump) {
        this.#newest++
        for (const key of keys) {
          this.#versions.set(key, this.#newest)
          this.#written.add(`${key} ${this.#newest}`)
        }
        answer({ id, version: this.#newest })
        return
      }
      const key = keys[0] ?? ''
      const version = this.version(key)
      const held = this.#onRead(key, version, reader)
      if (held === undefined) answer({ id, version })
      else held.then(() => { answer({ id, version }) }, (err: unknown) => { answer({ id, version, error: (err as Error).message }) })
    })
  }
}

/** The origin as a process of the cluster has it. */
export class OriginClient {
  readonly #socket: Socket
  readonly #reader: string
  readonly #open = new Map<number, { resolve: (version: number) => void, reject: (err: Error) => void }>()
  #lastId = 0

  private constructor (socket: Socket, reader: string) {
    this.#socket = socket
    this.#reader = reader
    onLine(socket, line => {
      const { id, version, error } = JSON.parse(line) as Response
      if (error === undefined) this.#open.get(id)?.resolve(version)
      else this.#open.get(id)?.reject(new Error(error))
      this.#open.delete(id)
    })
  }

  /** @param reader - who reads, for the origin */
  static async connect (path: string, reader = ''): Promise<OriginClient> {
    const socket = connect(path)
    await once(socket, 'connect')
    return new OriginClient(socket, reader)
  }

  close (): void {
    this.#socket.destroy()
  }

  /** Rejects when the origin has it fail. */
  read (key: string): Promise<number> {
    return this.#ask({ bump: false, keys: [key], reader: this.#reader })
  }

  /** Writes the next version of each of these keys, the same for all. */
  bump (keys: readonly string[]): Promise<number> {
    return this.#ask({ bump: true, keys: [...keys] })
  }

  #ask (request: Omit<Request, 'id'>): Promise<number> {
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#open.set(id, { resolve, reject })
      this.#socket.write(`${JSON.stringify({ id, ...request })}\n`)
    })
  }
}

/** A socket whose other end is killed ends with an error, which readline passes on. */
function onLine (socket: Socket, listener: (line: string) => void): void {
  socket.on('error', () => {})
  createInterface(socket).on('line', listener).on('error', () => {})
}
