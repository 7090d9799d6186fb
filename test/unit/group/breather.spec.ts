import { expect } from 'chai'
import { BREATH, Breather } from '../../../src/group/breather.js'
import { GroupNetwork } from '../../support/group-network.js'
import { FakeClock, settled } from '../../support/fake-clock.js'

describe('between two large values', () => {
  it('the event loop has a round of its own, and no large value waits for ever', async () => {
    const clock = new FakeClock()
    const rounds: Array<() => void> = []
    const breather = new Breather(clock, task => { rounds.push(task) })
    const done: number[] = []
    const encode = async (n: number, ms: number): Promise<void> => {
      if (breather.isDue) await breather.breath()
      breather.work(() => { clock.jump(ms) })
      done.push(n)
    }
    const all = Promise.all([1, 2, 3, 4].map(n => encode(n, BREATH)))
    const perRound: number[][] = []
    while (rounds.length > 0) {
      await settled()
      perRound.push(done.splice(0))
      for (const task of rounds.splice(0)) task()
      await settled()
    }
    perRound.push(done.splice(0))
    expect(perRound.filter(values => values.length > 0)).to.deep.equal([[1], [2], [3], [4]])
    await all
    expect(breather.isDue).to.equal(false)
  })

  it('what is short counts together, and only in its round', () => {
    const clock = new FakeClock()
    const rounds: Array<() => void> = []
    const breather = new Breather(clock, task => { rounds.push(task) })
    const dueAfter: number[] = []
    for (let round = 0; round < 3; round++) {
      let count = 0
      for (; !breather.isDue; count++) breather.work(() => { clock.jump(0.5) })
      dueAfter.push(count)
      for (const task of rounds.splice(0)) task()
    }
    expect(dueAfter).to.deep.equal(Array(3).fill(2 * BREATH))
    expect(() => { breather.work(() => { clock.jump(BREATH); throw new Error('no bytes') }) }).to.throw('no bytes')
    expect(breather.isDue).to.equal(true)
  })

  it('what nobody wants any more is not encoded', async () => {
    const net = new GroupNetwork('a')
    const encoded: string[] = []
    const codec = {
      encode: (value: string) => {
        encoded.push(value)
        net.clock.jump(BREATH)
        return Buffer.from(value)
      },
      decode: (bytes: Uint8Array) => Buffer.from(bytes).toString()
    }
    const group = net.node('a').group({ load: key => key, codec })
    const leaving = new AbortController()
    const first = group.get('first')
    const left = group.get('left', leaving).catch((err: unknown) => err)
    const reason = new Error('the caller has left')
    expect(await first).to.equal('first')
    // its value is there, and waits to be encoded
    leaving.abort(reason)
    expect(await left).to.equal(reason)
    for (let round = 0; round < 5; round++) await settled()
    expect(encoded).to.deep.equal(['first'])
  })

  it('others are served: loads that end at once are not encoded at once', async () => {
    const net = new GroupNetwork('a')
    let encoded = 0
    const perRound: number[] = []
    const codec = {
      encode: (value: string) => {
        encoded++
        net.clock.jump(BREATH)
        return Buffer.from(value)
      },
      decode: (bytes: Uint8Array) => Buffer.from(bytes).toString()
    }
    const group = net.node('a').group({ load: key => `value of ${key}`, codec })
    const gets = Promise.all(['a', 'b', 'c', 'd'].map(key => group.get(key)))
    for (let round = 0; round < 10; round++) {
      const before = encoded
      await new Promise(resolve => { setImmediate(resolve) })
      perRound.push(encoded - before)
    }
    expect(await gets).to.deep.equal(['a', 'b', 'c', 'd'].map(key => `value of ${key}`))
    expect(Math.max(...perRound)).to.equal(1)
  })
})
