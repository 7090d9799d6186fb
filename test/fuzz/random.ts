// What a case is made of: every choice of it follows from one number, so that it can be had again.

import { seeded } from '../support/seeds.js'

/** Where lengths and numbers go wrong, if anywhere. */
const EDGES = [0, 1, 2, 127, 128, 255, 256, 32_767, 32_768, 65_535, 65_536, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1]
const ODD_TEXTS = ['', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '\0', '\ufffd', '\ufeff', 'ü', '日本', '😀', ' ', '/', '%', '..', '\r\n', 'null', '-0', '1e999']
const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-_:/.%"\\ =,;é😀\u2028'

export class Random {
  readonly next: () => number

  constructor (seed: number) {
    this.next = seeded(seed)
  }

  /** A whole number from 0 to `below` − 1. */
  int (below: number): number {
    return Math.floor(this.next() * below)
  }

  chance (part: number): boolean {
    return this.next() < part
  }

  pick<T> (list: readonly T[]): T {
    return list[this.int(list.length)] as T
  }

  /** Often a small number, and at times a very large one. */
  size (most: number): number {
    const { next } = this
    return Math.min(most, Math.floor(most ** (next() * next() * 1.2)))
  }

  u8 (): number {
    return this.int(256)
  }

  u32 (): number {
    return this.chance(0.4) ? this.pick(EDGES) : this.int(2 ** 32)
  }

  edge (): number {
    return this.pick(EDGES)
  }

  bytes (length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    for (let i = 0; i < length; i++) bytes[i] = this.int(256)
    return bytes
  }

  /** Well-formed, and at most so many units long. */
  text (most = 24): string {
    if (this.chance(0.15)) return this.pick(ODD_TEXTS).slice(0, most).toWellFormed()
    let text = ''
    const length = this.int(most + 1)
    while (text.length < length) text += LETTERS[this.int(LETTERS.length)]
    return text.toWellFormed()
  }

  list<T> (most: number, make: () => T): T[] {
    return Array.from({ length: this.int(most + 1) }, make)
  }

  /** One of several ways to go on, each as likely as its number. */
  way<T> (...ways: ReadonlyArray<readonly [number, () => T]>): T {
    let left = this.next() * ways.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, go] of ways) {
      left -= weight
      if (left < 0) return go()
    }
    return (ways.at(-1) as readonly [number, () => T])[1]()
  }
}

/** The seed of one case of one target in a run: FNV-1a over all three. */
export function seedOf (run: number, target: string, index: number): number {
  let hash = 0x811c9dc5
  const mix = (value: number): void => { hash = Math.imul(hash ^ value, 0x01000193) }
  for (let i = 0; i < target.length; i++) mix(target.charCodeAt(i))
  for (const number of [run, index]) for (let shift = 0; shift < 32; shift += 8) mix((number >>> shift) & 0xff)
  return hash >>> 0
}
