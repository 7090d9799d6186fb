// Frames as they should be, to begin with.

import { FrameWriter } from '../../../src/rpc/frame-writer.js'
import { FrameType, Status } from '../../../src/rpc/frames.js'
import { writeCatchUp, writeForget, writeMissed, writeRemove, writeSet } from '../../../src/rpc/removal-frames.js'
import type { Ask } from '../../../src/rpc/ask.js'
import type { Announced, Hop, Removal } from '../../../src/rpc/removal.js'
import type { Random } from '../random.js'

const ASKS: readonly Ask[] = ['get', 'get', 'get', 'forwarded', 'moved', 'moved 1', 'moved 2', 'moved 3', 'look']
const HOPS: readonly Hop[] = ['owner', 'forwarded']
const GROUPS = ['g', 'users', 'ü', 'nowhere']

// one for all cases: its buffer is used on, and nothing else is left in it once all was taken
const writer = new FrameWriter()

/** The bytes of what `write` writes, one send for each item. */
export function sent (write: (frames: FrameWriter) => void): Uint8Array[] {
  const sends: Uint8Array[] = []
  try {
    write(writer)
  } finally {
    while (writer.byteLength + writer.longBytes > 0) sends.push(Uint8Array.from(writer.take().subarray()))
  }
  return sends
}

export function bytesOf (write: (frames: FrameWriter) => void): Uint8Array {
  const sends = sent(write)
  return sends.length === 1 ? sends[0] as Uint8Array : Buffer.concat(sends)
}

/** Ids are few, so that they meet. */
const anId = (random: Random): number => random.chance(0.95) ? 1 + random.int(8) : random.u32()

const aTicket = (random: Random): number => random.chance(0.9) ? random.int(2 ** 40) : random.pick([0, 2 ** 53 - 1])
const aTtl = (random: Random): number => random.pick([0, 1, 5_000, Infinity, random.int(2 ** 32)])
const tags = (random: Random): string[] => random.list(random.chance(0.1) ? 64 : 2, () => random.text(12))

function aRemoval (random: Random): Removal {
  const group = random.pick(GROUPS)
  return random.way<Removal>(
    [3, () => ({ kind: 'keys', group, keys: [random.text(), ...random.list(4, () => random.text())] })],
    [1, () => ({ kind: 'tag', group, tag: random.text(12) })],
    [1, () => ({ kind: 'all', group })]
  )
}

const announced = (random: Random): Announced => ({ ticket: aTicket(random), removal: aRemoval(random) })

export function writeRequest (frames: FrameWriter, random: Random): void {
  const id = anId(random)
  const ticket = aTicket(random)
  random.way(
    [6, () => {
      const [ask, group] = [random.pick(ASKS), random.pick(GROUPS)]
      for (let i = random.int(4); i >= 0; i--) frames.get((id + i) >>> 0, ask, group, random.text())
    }],
    [1, () => { frames.traced({ traceparent: random.text(55), tracestate: random.text(10) }, id, 'get', 'g', random.text()) }],
    [1, () => { frames.frame(FrameType.trace, id, Buffer.from(random.text())) }],
    [2, () => { writeRemove(frames, id, ticket, aRemoval(random), random.pick(HOPS)) }],
    [2, () => { writeForget(frames, id, ticket, aRemoval(random)) }],
    [2, () => { writeSet(frames, id, ticket, { group: random.pick(GROUPS), key: random.text(), bytes: random.bytes(random.size(200)), ttl: aTtl(random), tags: tags(random) }, random.pick(HOPS)) }],
    [1, () => { writeCatchUp(frames, id, random.u32()) }],
    [1, () => { frames.frame(FrameType.probe, id, Buffer.from(`p${random.text()}`)) }],
    [2, () => { frames.bare(FrameType.ping, id) }],
    [2, () => { frames.bare(FrameType.cancel, id) }]
  )
}

export function writeAnswer (frames: FrameWriter, random: Random, id = anId(random)): void {
  random.way(
    [4, () => { frames.value(id, { bytes: random.bytes(random.size(300)), ttl: aTtl(random), tags: tags(random), mayKeep: random.chance(0.5), isPopular: random.chance(0.5) }) }],
    [1, () => { frames.bare(FrameType.miss, id) }],
    [2, () => { frames.done(id, random.u32()) }],
    [2, () => { frames.failed(id, random.pick([...Object.values(Status), 0, 255]), random.chance(0.2) ? `${random.u32()} ${random.u32()}` : random.text(40)) }],
    [1, () => { writeMissed(frames, id, random.chance(0.3) ? 'all' : random.list(5, () => announced(random))) }]
  )
}

/** A frame that is too long to leave at once: a value, or one to be set. */
export function writeLong (frames: FrameWriter, random: Random): void {
  const bytes = Buffer.alloc(70_000 + random.int(60_000), random.u8())
  if (random.chance(0.5)) frames.value(anId(random), { bytes, ttl: 1, tags: [], mayKeep: true, isPopular: false })
  else writeSet(frames, anId(random), 1, { group: 'g', key: 'k', bytes, ttl: 1, tags: [] }, 'owner')
}
