// Raw bytes to the side door of a member, over a real socket on loopback.

import { connect } from 'node:net'
import { createGroupcache } from '../../../src/index.js'
import { createSideDoor } from '../../../src/side-door/index.js'
import { cut, mutated } from '../mutate.js'
import { InvariantError, must } from '../target.js'
import { anAsk } from './side-door.js'
import type { StandaloneGroupcache } from '../../../src/index.js'
import type { SideDoor } from '../../../src/side-door/index.js'
import type { Random } from '../random.js'
import type { Target, Verdict } from '../target.js'

/** Milliseconds without a word after which the client has nothing more to say: before there was an answer, and after it. */
const PATIENCE = 100
const QUIET = 10
const GOOD = Buffer.from('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n')

export const socket: Target<Uint8Array[]> = {
  name: 'socket',
  what: 'raw bytes to a side door, over a socket',
  weight: 1,
  most: 4_000,
  slow: 5_000,
  start: () => door.start(),
  stop: () => door.stop(),
  generate (random) {
    const bytes = Buffer.concat([request(random), ...random.list(2, () => request(random))])
    return cut(random.way<Uint8Array>([4, () => bytes], [5, () => mutated(bytes, random)], [1, () => random.bytes(random.size(400))]), random).slice(0, 40)
  },
  run: pieces => door.run(pieces)
}

function request (random: Random): Buffer {
  const { method, path, headers, body } = anAsk(random)
  const length = body === undefined ? '' : `Content-Length: ${random.chance(0.9) ? body.length : random.pick(['0', '-1', '5', '99999999999', 'x'])}\r\n`
  const chunked = random.chance(0.1) ? 'Transfer-Encoding: chunked\r\n' : ''
  const lines = headers.filter(([name]) => !['content-length', 'transfer-encoding'].includes(name)).map(([name, value]) => `${name}: ${random.chance(0.9) ? encodeURI(value.toWellFormed()) : value}\r\n`).join('')
  // other than an event stream, which has no end
  const target = path.startsWith('/v1/events') ? '/' : path
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: ${random.chance(0.9) ? '127.0.0.1' : random.text()}\r\n${length}${chunked}${lines}\r\n`), body ?? Buffer.alloc(0)])
}

class OpenDoor {
  #cache: StandaloneGroupcache | undefined
  #door: SideDoor | undefined
  #turns = 0

  async start (): Promise<void> {
    this.#cache = await createGroupcache({ discovery: [], listen: [] })
    this.#door = await createSideDoor({ cache: this.#cache, port: 0, rateLimit: 1e9, timeout: 1_000, maxBodyBytes: 100_000, groups: { g: {}, put: {}, 'a:b': {} } })
  }

  async stop (): Promise<void> {
    await this.#door?.close()
    await this.#cache?.stop()
  }

  async run (pieces: readonly Uint8Array[]): Promise<Verdict> {
    const answer = await this.#exchange(pieces)
    must(answer === '' || answer.startsWith('HTTP/1.1 '), `the answer begins with ${answer.slice(0, 40)}`)
    // a body may hold what was put
    must(!/^HTTP\/1\.1 500/.test(answer), `the answer is ${answer.slice(0, 400)}`)
    if (this.#turns++ % 16 === 0) must((await this.#exchange([GOOD])).startsWith('HTTP/1.1 200'), 'a good request is not answered any more')
    // it came as far as the door's own handlers
    return answer.includes('x-content-type-options') ? 'accepted' : 'refused'
  }

  async #exchange (pieces: readonly Uint8Array[]): Promise<string> {
    const { port } = this.#door ?? {}
    if (port === undefined) throw new InvariantError('it was not started')
    return new Promise(resolve => {
      const parts: Buffer[] = []
      const client = connect({ port, host: '127.0.0.1' })
      // whoever says at once that it is done is not answered; some requests never are
      let timer = setTimeout(() => { client.end() }, PATIENCE)
      client.on('data', data => {
        parts.push(data)
        clearTimeout(timer)
        timer = setTimeout(() => { client.end() }, QUIET)
      })
      // a reset is an answer, too
      client.on('error', () => {})
      client.on('close', () => {
        clearTimeout(timer)
        resolve(Buffer.concat(parts).toString('latin1'))
      })
      for (const piece of pieces) client.write(piece)
    })
  }
}

const door = new OpenDoor()
