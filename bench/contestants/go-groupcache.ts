// Go's groupcache: two processes of bench/peers/go-groupcache/main.go, with groupcache's own HTTP between them. The loops run
// in its client, as ours run in this process.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { MissingError } from './contestant.js'
import type { Contestant, Work } from './contestant.js'

const SOURCE = fileURLToPath(new URL('../peers/go-groupcache/main.go', import.meta.url))
const INSTALL = 'on Debian: apt-get install golang-go golang-github-golang-groupcache-dev'
/** Where Debian's packages put Go's libraries. */
const GOPATH = '/usr/share/gocode'
const END_TIMEOUT = 5_000

let building: Promise<string> | undefined

/** Builds the program once a run, into a folder that goes with this process. */
function program (): Promise<string> {
  building ??= build()
  return building
}

async function build (): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'groupcache-bench-'))
  process.once('exit', () => { rmSync(folder, { recursive: true, force: true }) })
  const binary = join(folder, 'go-groupcache')
  try {
    await promisify(execFile)('go', ['build', '-o', binary, SOURCE], { env: { ...process.env, GO111MODULE: 'off', GOPATH } })
  } catch (err) {
    const { code, stderr = '' } = err as { code?: string | number, stderr?: string }
    if (code === 'ENOENT') throw new MissingError(`no Go; ${INSTALL}`)
    if (stderr.includes('cannot find package')) throw new MissingError(`no Go package github.com/golang/groupcache; ${INSTALL}`)
    throw new MissingError(`go build failed: ${stderr.trim() || String(err)}`)
  }
  return binary
}

/** A process that answers in lines, and ends when its input does. */
class GoProcess {
  readonly #child
  readonly #lines: AsyncIterator<string, undefined>
  readonly #exit: Promise<unknown[]>

  constructor (binary: string, ...args: string[]) {
    this.#child = spawn(binary, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#exit = once(this.#child, 'exit')
    // what it did not read, it ended before: the next line is missed, and says so
    this.#child.stdin.on('error', () => {})
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
  }

  tell (text: string): void {
    this.#child.stdin.write(text)
  }

  async line (): Promise<string> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`the ${String(this.#child.spawnargs[1])} of Go groupcache ended`)
    return value
  }

  async end (): Promise<void> {
    this.#child.stdin.end()
    const timer = setTimeout(() => { this.#child.kill('SIGKILL') }, END_TIMEOUT)
    await this.#exit
    clearTimeout(timer)
  }
}

export async function openGoGroupcache ({ keys, size }: Work): Promise<Contestant> {
  const binary = await program()
  const server = new GoProcess(binary, 'server', String(size))
  const started = [server]
  const close = async (): Promise<void> => { await Promise.all(started.map(each => each.end())) }
  try {
    const client = new GoProcess(binary, 'client', String(size), await server.line())
    started.push(client)
    client.tell([...keys, '', ''].join('\n'))
    const greeting = await client.line()
    if (greeting !== 'ready') throw new Error(`Go groupcache: expected "ready", got ${JSON.stringify(greeting)}`)
    return {
      rate: async (inFlight, ms) => {
        client.tell(`${inFlight} ${ms}\n`)
        const [made = NaN, microseconds = NaN] = (await client.line()).split(' ').map(Number)
        return made / microseconds * 1e6
      },
      close
    }
  } catch (err) {
    await close()
    throw err
  }
}
