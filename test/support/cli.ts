// The program `groupcache` as a process: its commands, and members that it serves. Those are ended by endServed().

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { ChildProcess } from 'node:child_process'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const running = new Set<ChildProcess>()

export interface Outcome { code: number, out: string, err: string }

/** Nothing of this process's environment that is meant for the program. */
function environment (env: Record<string, string>): NodeJS.ProcessEnv {
  return { ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GROUPCACHE_'))), ...env }
}

export function cli (args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> {
  return new Promise(resolve => {
    execFile(process.execPath, ['--import', 'tsx', MAIN, ...args], { env: environment(env), timeout: 15_000, killSignal: 'SIGKILL' }, (err, out, stderr) => {
      resolve({ code: err === null ? 0 : typeof err.code === 'number' ? err.code : -1, out, err: stderr })
    })
  })
}

export interface Served {
  url: string
  /** Where the other members reach it. */
  address: string
  name: string
  kill (signal?: NodeJS.Signals): Promise<number | null>
}

/** `groupcache serve` on loopback, with any port. @param seeds - addresses of other members */
export async function serve (name: string, seeds: readonly string[], args: readonly string[] = [], env: Record<string, string> = {}): Promise<Served> {
  const discovery = seeds.length === 0 ? ['none'] : seeds
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, 'serve', '--name', name, '--listen', '/ip4/127.0.0.1/tcp/0', '--http-port', '0', ...discovery.flatMap(each => ['--discovery', each]), ...args], { env: environment(env), stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  const exited = once(child, 'exit')
  let errors = ''
  child.stderr.on('data', text => { errors += String(text) })
  const served: Partial<Served> = {}
  for await (const line of createInterface(child.stdout)) {
    const address = /^member .* at (\S+)/.exec(line)?.[1]
    if (address !== undefined) served.address = address
    const url = /^side door at (\S+),/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    return {
      ...served as Served,
      url,
      name,
      async kill (signal = 'SIGKILL') {
        running.delete(child)
        child.kill(signal)
        const [code] = await exited as [number | null]
        return code
      }
    }
  }
  throw new Error(`${name} did not start: ${errors}`)
}

export async function endServed (): Promise<void> {
  const children = [...running]
  running.clear()
  await Promise.all(children.map(async child => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }))
}
