// Hosts that are network namespaces, wired to switches that are bridges in namespaces of their own:
// nothing touches this machine's interfaces. Needs root.

import { execFileSync } from 'node:child_process'

const TAG = `gc${process.pid % 10_000}`

function ip (...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' })
}

/** Why this machine cannot make namespaces, or undefined when it can. */
export function obstacle (): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces exist on Linux only'
  if (process.getuid?.() !== 0) return 'making network namespaces needs root; CI runs this as root'
  try {
    ip('netns', 'add', `${TAG}try`)
    ip('netns', 'delete', `${TAG}try`)
    return undefined
  } catch (err) {
    return `ip netns does not work here: ${String((err as Error).message)}`
  }
}

export interface Host { namespace: string, address: string }

export class Lan {
  readonly #namespaces: string[] = []
  readonly #switches: string[] = []
  readonly #prefix: string
  #hosts = 0

  /** @param prefix - the first three numbers of its addresses */
  constructor (prefix: string) {
    this.#prefix = prefix
  }

  /** A switch; from the second one on it has a cable to the one before. */
  addSwitch (): number {
    const namespace = this.#namespace(`sw${this.#switches.length}`)
    ip('-n', namespace, 'link', 'add', 'br0', 'type', 'bridge')
    ip('-n', namespace, 'link', 'set', 'br0', 'up')
    const before = this.#switches.at(-1)
    this.#switches.push(namespace)
    if (before !== undefined) {
      ip('-n', before, 'link', 'add', 'down0', 'type', 'veth', 'peer', 'name', 'up0', 'netns', namespace)
      ip('-n', before, 'link', 'set', 'down0', 'master', 'br0', 'up')
      ip('-n', namespace, 'link', 'set', 'up0', 'master', 'br0', 'up')
    }
    return this.#switches.length - 1
  }

  addHost (atSwitch: number): Host {
    const number = ++this.#hosts
    const host = { namespace: this.#namespace(`h${number}`), address: `${this.#prefix}.${number}` }
    const bridge = this.#switches[atSwitch] as string
    ip('-n', bridge, 'link', 'add', `port${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', host.namespace)
    ip('-n', bridge, 'link', 'set', `port${number}`, 'master', 'br0', 'up')
    ip('-n', host.namespace, 'link', 'set', 'lo', 'up')
    ip('-n', host.namespace, 'address', 'add', `${host.address}/24`, 'dev', 'eth0')
    ip('-n', host.namespace, 'link', 'set', 'eth0', 'up')
    ip('-n', host.namespace, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0')
    return host
  }

  /** Pulls the cable between a switch and the one before it: what is sent is lost, and nobody is told. */
  cut (atSwitch: number): void {
    ip('-n', this.#switches[atSwitch] as string, 'link', 'set', 'up0', 'down')
  }

  heal (atSwitch: number): void {
    ip('-n', this.#switches[atSwitch] as string, 'link', 'set', 'up0', 'up')
  }

  remove (): void {
    for (const namespace of this.#namespaces.splice(0)) ip('netns', 'delete', namespace)
  }

  #namespace (name: string): string {
    const namespace = `${TAG}${name}`
    ip('netns', 'add', namespace)
    this.#namespaces.push(namespace)
    return namespace
  }
}
