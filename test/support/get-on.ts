// A GET on one stream, as a promise.

import { peerIdFromString } from '@libp2p/peer-id'
import { ValueRequest } from '../../src/rpc/value-request.js'
import type { Abortable } from '../../src/flight/abortable.js'
import type { Ask, Value } from '../../src/rpc/ask.js'
import type { Requester } from '../../src/rpc/requester.js'

/** Whom failures name. */
const PEER = peerIdFromString('12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg')

/** @param caller - when it aborts, the request is cancelled */
export function getOn (requester: Requester, group: string, key: string, ask: Ask = 'get', caller?: Abortable): Promise<Value | undefined> {
  return new Promise((resolve, reject) => {
    const receiver = { answered: resolve, failed: reject, whenAborted: (callback: (reason: Error) => void) => { caller?.whenAborted(callback) } }
    requester.ask(new ValueRequest({ peer: PEER, group, key, ask, receiver, onLost: (_request, err) => { reject(err) } }))
  })
}
