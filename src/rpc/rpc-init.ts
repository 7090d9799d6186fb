// What requests between members are made of.

import type { Clock } from '../clock.js'
import type { Observer } from '../observer.js'
import type { Conduct } from './conduct.js'
import type { Dialler } from './dialler.js'
import type { RequestHandler } from './request-handler.js'
import type { Logger } from '@libp2p/interface'
import type { Registrar } from '@libp2p/interface-internal'

export interface RpcInit {
  /** Carries cluster and version, so that others are refused by name. */
  protocol: string
  /** How long a peer may stay silent with a request open. */
  timeout: number
  dialler: Pick<Dialler, 'openStream' | 'abort'>
  registrar: Pick<Registrar, 'handle' | 'unhandle'>
  handler: RequestHandler
  conduct: Conduct
  /** A peer has opened a stream; until the promise resolves it gets no values, and when it rejects the stream is aborted. */
  onPeer: (id: string) => Promise<void>
  clock: Clock
  observer?: Observer | undefined
  log: Logger
}
