import { expect } from 'chai'
import { Lease } from '../../../src/cache/lease.js'
import { ConnectionLostError, OverloadedError } from '../../../src/errors.js'
import { FrameType, HEAD_BYTES, failedFrame } from '../../../src/rpc/frames.js'
import { ValueRequest } from '../../../src/rpc/value-request.js'
import { FAR } from '../../support/rpc-pair.js'

function start (): { request: ValueRequest, heard: string[] } {
  const heard: string[] = []
  const receiver = { answered: () => { heard.push('answered') }, failed: (err: unknown) => { heard.push((err as Error).name) }, whenAborted: () => {} }
  return { heard, request: new ValueRequest({ peer: FAR, group: 'g', key: 'k', ask: 'get', receiver, onLost: () => { heard.push('lost') } }) }
}

describe('a request for a value', () => {
  const miss = Buffer.alloc(HEAD_BYTES)
  miss[0] = FrameType.miss
  const lease = new Lease('p', Infinity)

  it('that was answered, or failed, is not asked again when its stream ends in that very moment', () => {
    for (const [frame, expected] of [[miss, 'answered'], [failedFrame(1, new OverloadedError('too much')), 'OverloadedError']] as const) {
      const { request, heard } = start()
      request.settle(frame, lease)
      request.reject(new ConnectionLostError('gone'))
      expect(heard).to.deep.equal([expected])
    }
  })

  it('whose answer is none is asked again', () => {
    const { request, heard } = start()
    expect(() => { request.settle(Buffer.concat([miss, Buffer.alloc(1)]), lease) }).to.throw('a frame of type')
    request.reject(new ConnectionLostError('gone'))
    expect(heard).to.deep.equal(['lost'])
  })
})
