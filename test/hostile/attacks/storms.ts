// Small requests that cost the victim more than the attacker: cancellations, catch-ups, probes of others, pings.

import { FrameType } from '../../../src/rpc/frames.js'
import { writeCatchUp } from '../../../src/rpc/removal-frames.js'
import { MIB, bytesOf, floodStream } from '../frames.js'
import type { Attack } from '../attack.js'
import type { FrameWriter } from '../../../src/rpc/frame-writer.js'

const storm = (name: string, batch: number, write: (frames: FrameWriter, id: number) => void): Attack => ({
  name,
  mayHold: { bytes: 128 * MIB, because: 'MAX_OUTBOX_BYTES' },
  isLogged: /cutting off|refusing/,
  ms: 3_000,
  run: target => floodStream(target, round => bytesOf(frames => {
    for (let i = 0; i < batch; i++) write(frames, (round * batch + i) >>> 0)
  }))
})

const honestOne = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'

export const storms: Attack[] = [
  storm('a storm of CANCELs', 2_000, (frames, id) => { frames.bare(FrameType.cancel, id) }),
  storm('catch-ups without end', 64, (frames, id) => { writeCatchUp(frames, id, 0xffffffff) }),
  storm('probes without end', 64, (frames, id) => { frames.frame(FrameType.probe, id, Buffer.from(honestOne)) }),
  storm('pings without end', 1_000, (frames, id) => { frames.bare(FrameType.ping, id) })
]
