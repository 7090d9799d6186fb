// Makes the input of a failure as small as it can be and still fail: bytes, lists, texts and objects lose what is not needed.

import { performance } from 'node:perf_hooks'

/** Milliseconds. */
const ENOUGH = 5_000

/** @param fails - whether an input fails in the same way */
export async function minimised (input: unknown, fails: (smaller: unknown) => Promise<boolean>): Promise<unknown> {
  const deadline = performance.now() + ENOUGH
  let smallest = input
  for (let found = true; found;) {
    found = false
    for (const candidate of smallerThan(smallest)) {
      if (performance.now() > deadline) return smallest
      if (!await fails(candidate)) continue
      smallest = candidate
      found = true
      break
    }
  }
  return smallest
}

/** Inputs of the same shape with something left out, what is left out most of all first. */
function * smallerThan (input: unknown): Generator<unknown> {
  if (input instanceof Uint8Array) {
    for (const [from, to] of gaps(input.length)) yield Buffer.concat([input.subarray(0, from), input.subarray(to)])
  } else if (typeof input === 'string') {
    for (const [from, to] of gaps(input.length)) yield input.slice(0, from) + input.slice(to)
  } else if (Array.isArray(input)) {
    const list = input as unknown[]
    for (const [from, to] of gaps(list.length)) yield [...list.slice(0, from), ...list.slice(to)]
    for (const [index, item] of list.entries()) for (const smaller of smallerThan(item)) yield list.with(index, smaller)
  } else if (input !== null && typeof input === 'object' && Object.getPrototypeOf(input) === Object.prototype) {
    for (const [name, part] of Object.entries(input)) for (const smaller of smallerThan(part)) yield { ...input, [name]: smaller }
  }
}

/** Ranges of a half, a quarter, and so on down to single places. */
function * gaps (length: number): Generator<[number, number]> {
  for (let size = length; size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < length; from += size) yield [from, Math.min(length, from + size)]
  }
}
