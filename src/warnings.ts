// What an operator has to see without asking for a log. Once per process each, as Node's own warnings;
// `node --disable-warning=<code>` silences one.

import { isLoopback } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { HandshakeRefusedError } from './errors.js'
import type { NameTakenError } from './errors.js'

type Emit = (message: string, options: { type: string, code: string }) => void

export class Warnings {
  readonly #emit: Emit
  readonly #said = new Set<string>()

  constructor (emit: Emit) {
    this.#emit = emit
  }

  /** Whoever can reach this node can join. Not said where only this machine can. */
  openDoor (listen: readonly string[]): void {
    const open = listen.filter(isOpen)
    if (open.length > 0) this.#once('GROUPCACHE_NO_SECRET', `anybody who can reach ${open.join(', ')} can join this cache, read it and change it: give all nodes the same \`secret\``)
  }

  /** A node whose secret is wrong would otherwise stay alone without a word. */
  refusal (err: unknown): void {
    const refused = err instanceof AggregateError ? err.errors.find((each: unknown) => each instanceof HandshakeRefusedError) as unknown : err
    if (refused instanceof HandshakeRefusedError) this.#once('GROUPCACHE_HANDSHAKE_REFUSED', refused.message)
  }

  /** A node whose name is another one's owns nothing, and does nothing else wrong. */
  takenName ({ message }: NameTakenError): void {
    this.#once('GROUPCACHE_NAME_TAKEN', message)
  }

  #once (code: string, message: string): void {
    if (this.#said.has(code)) return
    this.#said.add(code)
    this.#emit(message, { type: 'GroupcacheWarning', code })
  }
}

const warnings = new Warnings((message, options) => { process.emitWarning(message, options) })

export function warnOfOpenDoor (listen: readonly string[]): void {
  warnings.openDoor(listen)
}

export function warnOfTakenName (err: NameTakenError): void {
  warnings.takenName(err)
}

/** Passes on how a discovery's attempt to join went, and warns when it was refused. */
export async function warnOfRefusal<T> (attempt: Promise<T>): Promise<T> {
  try {
    return await attempt
  } catch (err) {
    warnings.refusal(err)
    throw err
  }
}

/** Whether other machines may reach an address that is listened on. */
function isOpen (address: string): boolean {
  const [host] = multiaddr(address).getComponents()
  const isNetwork = host !== undefined && /^(ip|dns)/.test(host.name)
  return isNetwork && host.value !== 'localhost' && !isLoopback(multiaddr(address))
}
