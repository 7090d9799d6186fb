// The fuzzer itself: that its cases can be had again, that they are of many kinds, and that it finds what it is there to find.

import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { BROKEN, letGo, losesBytes } from './broken.js'
import { Fuzzer } from './fuzzer.js'
import { heldMemory } from './memory.js'
import { minimised } from './minimise.js'
import { cut, mutated, shuffled } from './mutate.js'
import { Random, seedOf } from './random.js'
import { casesOf, inputText } from './report.js'
import { isSame } from './same.js'
import { TARGETS } from './targets.js'
import type { Failure } from './fuzzer.js'
import type { Target } from './target.js'

async function firstFailure (target: Target, options: { slow?: number, never?: number } = {}, cases = 4_000): Promise<Failure> {
  const { failures } = await new Fuzzer(target, { seed: 1, slow: 2_000, ...options }).run(cases)
  if (failures[0] === undefined) throw new Error(`nothing was found in ${target.name}`)
  return failures[0]
}

describe('the fuzzer', () => {
  it('makes each case anew from its seed, its target and its number, and other ones of others', () => {
    for (const target of TARGETS) {
      const make = (seed: number, index: number): string => inputText(target.generate(new Random(seedOf(seed, target.name, index))))
      const cases = Array.from({ length: 60 }, (_, index) => make(5, index))
      expect(cases, target.name).to.deep.equal(Array.from({ length: 60 }, (_, index) => make(5, index)))
      expect(new Set(cases).size, target.name).to.be.greaterThan(30)
      expect(cases, target.name).to.not.deep.equal(Array.from({ length: 60 }, (_, index) => make(6, index)))
    }
  })

  it('mutates a copy, in many ways; cuts without losing a byte; shuffles what there is', () => {
    const bytes = Buffer.from('0123456789abcdef')
    const seen = new Set<string>()
    for (let seed = 0; seed < 500; seed++) {
      const random = new Random(seed)
      seen.add(mutated(bytes, random).toString('hex'))
      expect(bytes.toString()).to.equal('0123456789abcdef')
      expect(Buffer.concat(cut(bytes, random))).to.deep.equal(bytes)
      expect(shuffled(['a', 'b', 'c'], random).every(item => 'abc'.includes(item))).to.equal(true)
    }
    expect(seen.size).to.be.greaterThan(400)
  })

  it('makes what fails smaller, as long as it fails', async () => {
    const input = { pieces: [Buffer.from('aaaaaaaa'), Buffer.from('aaXaa')], text: 'something' }
    expect(await minimised(input, async smaller => inputText(smaller).includes(Buffer.from('X').toString('hex')))).to.deep.equal({ pieces: [Buffer.from('X')], text: '' })
  })

  it('tells values that came back from MessagePack from others', () => {
    expect(isSame({ a: [Buffer.from('x'), -0, new Set([new Date(1)])] }, { a: [Uint8Array.of(120), 0, new Set([new Date(1)])] })).to.equal(true)
    for (const [a, b] of [[1, '1'], [[1], [2]], [{ a: 1 }, { b: 1 }], [[1], { 0: 1 }], [new Date(1), new Date(2)], [null, undefined], [new Set([1]), new Set([2])], [/a/, /b/], [Uint8Array.of(1), Uint16Array.of(1)]]) expect(isSame(a, b)).to.equal(false)
  })

  it('gives each target its part of the cases, and what one cannot take to the others', () => {
    const target = (name: string, weight: number, most?: number): Target => ({ ...BROKEN.leaks, name, weight, ...(most === undefined ? {} : { most }) })
    expect([...casesOf([target('a', 3), target('b', 1), target('c', 4, 100)], 1_000)]).to.deep.equal([['c', 100], ['a', 675], ['b', 225]])
  })
})

describe('the fuzzer finds', () => {
  afterEach(letGo)

  it('an error that is no refusal, with the input that makes it, as small as it gets', async () => {
    const { reason, input, index, target, seed } = await firstFailure(BROKEN.rangeError)
    expect(reason).to.include('expected ProtocolViolationError, got RangeError')
    expect((input as Uint8Array).length).to.equal(4)
    const again = await new Fuzzer(BROKEN.rangeError, { seed }).replay(index)
    expect(again).to.include({ target, seed, index })
    expect((again as Failure).reason).to.include('RangeError')
  })

  for (const [what, target] of [['thrown where nobody catches it', BROKEN.uncaughtInTimer], ['of a promise that nobody handles', BROKEN.unhandledRejection]] as const) {
    it(`an error ${what}, and which case it was`, async () => {
      const { reason, input } = await firstFailure(target)
      expect(reason).to.include('nobody catches TypeError')
      expect([...input as Uint8Array]).to.deep.equal([7])
    })
  }

  it('a case that is slow, also when it is tried again', async () => {
    const { reason, input } = await firstFailure(BROKEN.slow, { slow: 30 })
    expect(reason).to.match(/it took \d+ ms, expected at most 30/)
    expect((input as Uint8Array)[0]).to.equal(7)
  })

  it('a promise that never settles', async () => {
    expect((await firstFailure(BROKEN.neverSettles, { never: 300 })).reason).to.include('it did not end within 300 ms')
  })

  it('memory that is kept', async () => {
    expect((await firstFailure(BROKEN.leaks, {}, 10_000)).reason).to.match(/MiB are held after 10000 cases that were not before/)
  })

  it('memory that is set aside for what has not come', async () => {
    expect((await firstFailure(BROKEN.greedy)).reason).to.match(/\d+ bytes were set aside for \d+/)
  })

  it('what differs when the same bytes come in other pieces', async () => {
    expect((await firstFailure(losesBytes)).reason).to.include('cut up it is another one')
  })

  it('a case that hangs: another thread names it, and ends the process', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(new URL('./hang.ts', import.meta.url)), '2000'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stderr.on('data', data => { said += String(data) })
    child.stdout.on('data', data => { said += String(data) })
    const [, signal] = await once(child, 'close') as [number | null, string | null]
    expect(signal).to.equal('SIGKILL')
    expect(said).to.match(/a case does not end: --target hangs --seed 1 --case \d+/)
  })
})

describe('memory', () => {
  it('that is held is told from what can be collected', async () => {
    const before = await heldMemory()
    const held = new Uint8Array(16 * 1024 * 1024).fill(1)
    expect(await heldMemory() - before).to.be.within(14, 18)
    expect(held.length).to.equal(16 * 1024 * 1024)
  })
})
