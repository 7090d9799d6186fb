// How much memory is in use once all that can be collected has been, and how much was asked for.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const MiB = 1024 * 1024

let collect: (() => void) | undefined

/** MiB that are held: objects, and the buffers outside the heap. */
export async function heldMemory (): Promise<number> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    collect = runInNewContext('gc') as () => void
  }
  for (let i = 0; i < 3; i++) {
    collect()
    await new Promise(resolve => { setImmediate(resolve) })
  }
  const { heapUsed, external } = process.memoryUsage()
  return (heapUsed + external) / MiB
}

/** MiB of the process. */
export function residentMemory (): number {
  return process.memoryUsage.rss() / MiB
}

type Allocate = (size: number) => Buffer
type Way = 'alloc' | 'allocUnsafe' | 'allocUnsafeSlow'
const WAYS: readonly Way[] = ['alloc', 'allocUnsafe', 'allocUnsafeSlow']

/** @returns how many bytes `work` asked for as Buffers, whether it returned or threw, and what it threw */
export function allocatedBy (work: () => void): { bytes: number, thrown: unknown } {
  const before = WAYS.map(way => [way, Reflect.get(Buffer, way) as Allocate] as const)
  let bytes = 0
  let thrown: unknown
  for (const [way, allocate] of before) Buffer[way] = ((size: number) => { bytes += size; return allocate.call(Buffer, size) }) as never
  try {
    work()
  } catch (err) {
    thrown = err
  } finally {
    for (const [way, allocate] of before) Buffer[way] = allocate as never
  }
  return { bytes, thrown }
}
