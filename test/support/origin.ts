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

interface Request { id: number, bump: boolean, keys: string[] }
interface Response { id: number, version: number }

export class Origin {
  readonly path: string
  readonly #folder: string
  readonly #server = createServer(socket => { this.#serve(socket) })
  readonly #sockets = new Set<Socket>()
  readonly #versions = new Map<string, number>()
  #newest = 0

  private constructor (folder: string) {
    this.#folder = folder
    this.path = join(folder, 'origin')
  }

  static async start (): Promise<Origin> {
    const origin = new Origin(await mkdtemp(join(tmpdir(), 'groupcache-')))
    await once(origin.#server.listen(origin.path), 'listening')
    return origin
  }

  async stop (): Promise<void> {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
    await rm(this.#folder, { recursive: true })
  }

  #serve (socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => { this.#sockets.delete(socket) })
    onLine(socket, line => {
      const { id, bump, keys } = JSON.parse(line) as Request
      if (bump) {
        this.#newest++
        for (const key of keys) this.#versions.set(key, this.#newest)
      }
      const response: Response = { id, version: bump ? this.#newest : this.#versions.get(keys[0] ?? '') ?? 0 }
      socket.write(`${JSON.stringify(response)}\n`)
    })
  }
}

/** The origin as a process of the cluster has it. */
export class OriginClient {
  readonly #socket: Socket
  readonly #open = new Map<number, (version: number) => void>()
  #lastId = 0

  private constructor (socket: Socket) {
    this.#socket = socket
    onLine(socket, line => {
      const { id, version } = JSON.parse(line) as Response
      this.#open.get(id)?.(version)
      this.#open.delete(id)
    })
  }

  static async connect (path: string): Promise<OriginClient> {
    const socket = connect(path)
    await once(socket, 'connect')
    return new OriginClient(socket)
  }

  read (key: string): Promise<number> {
    return this.#ask({ bump: false, keys: [key] })
  }

  /** Writes the next version of each of these keys, the same for all. */
  bump (keys: readonly string[]): Promise<number> {
    return this.#ask({ bump: true, keys: [...keys] })
  }

  #ask (request: Omit<Request, 'id'>): Promise<number> {
    const id = ++this.#lastId
    return new Promise(resolve => {
      this.#open.set(id, resolve)
      this.#socket.write(`${JSON.stringify({ id, ...request })}\n`)
    })
  }
}

/** A socket whose other end is killed ends with an error, which readline passes on. */
function onLine (socket: Socket, listener: (line: string) => void): void {
  socket.on('error', () => {})
  createInterface(socket).on('line', listener).on('error', () => {})
}
