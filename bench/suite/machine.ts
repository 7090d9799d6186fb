// Where figures come from: without it they say little.

import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { cpus, loadavg, release, type } from 'node:os'
import { promisify } from 'node:util'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly system: string
  /** Of the minute before the bench: other programs change even ratios. */
  readonly load: number
  readonly node: string
  readonly ioredis: string
  readonly 'lru-cache': string
  /** null: not installed. */
  readonly redis: string | null
  readonly go: string | null
}

export async function describeMachine (): Promise<Machine> {
  const processors = cpus()
  return {
    cpu: processors[0]?.model ?? 'unknown processor',
    cores: processors.length,
    system: `${type()} ${release()}`,
    load: Math.round((loadavg()[0] ?? 0) * 10) / 10,
    node: process.versions.node,
    ioredis: await packageVersion('ioredis'),
    'lru-cache': await packageVersion('lru-cache'),
    redis: await programVersion('redis-server', '--version', /v=(\S+)/),
    go: await programVersion('go', 'version', /go(\d\S*)/)
  }
}

export function machineLine (machine: Machine): string {
  const { cpu, cores, node, redis, go, ioredis, load } = machine
  return `${cpu} × ${cores}, load ${load}, Node ${node}, Redis ${redis ?? 'none'}, ioredis ${ioredis}, lru-cache ${machine['lru-cache']}, Go ${go ?? 'none'}`
}

async function packageVersion (name: string): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL(`../../node_modules/${name}/package.json`, import.meta.url), 'utf8')) as { version: string }
  return version
}

async function programVersion (program: string, argument: string, pattern: RegExp): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)(program, [argument])
    return pattern.exec(stdout)?.[1] ?? stdout.trim()
  } catch {
    return null
  }
}
