// Side doors of real members, and an HTTP origin that answers as a test says; closed after each test.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { createSideDoor } from '../../src/side-door/index.js'
import { testNodes } from './clusters.js'
import type { SideDoor, SideDoorOptions } from '../../src/side-door/index.js'
import type { StandaloneGroupcache } from '../../src/index.js'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

const doors = new Set<SideDoor>()
const origins = new Set<HttpOrigin>()

export interface OpenDoor extends SideDoor {
  cache: StandaloneGroupcache
}

export type DoorOptions = Omit<SideDoorOptions, 'cache'>

export async function openDoor (options: DoorOptions = {}): Promise<OpenDoor> {
  const [door] = await openDoors(1, options)
  return door as OpenDoor
}

/** Members n0, n1, …, each with a side door. */
export async function openDoors (count: number, options: DoorOptions = {}): Promise<OpenDoor[]> {
  return Promise.all((await testNodes(count)).map(cache => openAt(cache, options)))
}

async function openAt (cache: StandaloneGroupcache, options: DoorOptions): Promise<OpenDoor> {
  const door = await createSideDoor({ port: 0, ...options, cache })
  doors.add(door)
  return { ...door, cache }
}

/** To be called before the clusters are stopped. */
export async function closeDoors (): Promise<void> {
  await Promise.all([...doors].map(door => door.close()))
  await Promise.all([...origins].map(origin => origin.close()))
  doors.clear()
  origins.clear()
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

export class HttpOrigin {
  /** Paths that were asked for, in their order. */
  readonly asked: string[] = []
  /** What is answered from now on. */
  handler: Handler
  readonly #server: Server

  private constructor (handler: Handler) {
    this.handler = handler
    this.#server = createServer((request, response) => {
      this.asked.push(request.url ?? '')
      this.handler(request, response)
    })
  }

  static async start (handler: Handler): Promise<HttpOrigin> {
    const origin = new HttpOrigin(handler)
    origin.#server.listen(0, '127.0.0.1')
    await once(origin.#server, 'listening')
    origins.add(origin)
    return origin
  }

  get url (): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close (): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
