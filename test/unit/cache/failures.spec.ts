import { expect } from 'chai'
import { Failures } from '../../../src/cache/failures.js'
import { MAX_REMEMBERED_FAILURES } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'

const TTL = 50
const error = new Error('load failed')

describe('remembered failures', () => {
  it('are remembered for their time, to the millisecond, and then not held', () => {
    const clock = new FakeClock()
    const failures = new Failures(clock, TTL)
    clock.jump(1_000)
    failures.remember('k', error)
    expect([failures.get('k', 1_000), failures.get('k', 1_049), failures.get('other', 1_000)]).to.deep.equal([error, error, undefined])
    expect([failures.get('k', 1_050), failures.size]).to.deep.equal([undefined, 0])
  })

  it('are not held once their time is over, though nobody asks for their keys again', () => {
    const clock = new FakeClock()
    const failures = new Failures(clock, TTL)
    for (let i = 0; i < 1_000; i++) {
      failures.remember(`k${i}`, error)
      expect(failures.size).to.equal(Math.min(i + 1, TTL))
      clock.jump(1)
    }
    expect([failures.get('other', clock.now() + TTL), failures.size]).to.deep.equal([undefined, 0])
  })

  it('give way to later ones of their key, which are remembered for their own time', () => {
    const clock = new FakeClock()
    const failures = new Failures(clock, TTL)
    const later = new Error('again')
    failures.remember('k', error)
    clock.jump(30)
    failures.remember('k', later)
    expect([failures.get('k', 79), failures.size]).to.deep.equal([later, 1])
    expect(failures.get('k', 80)).to.equal(undefined)
  })

  it('are none where none is to be remembered', () => {
    const failures = new Failures(new FakeClock(), 0)
    failures.remember('k', error)
    expect([failures.get('k', 0), failures.size]).to.deep.equal([undefined, 0])
  })

  it('are forgotten when told so', () => {
    const failures = new Failures(new FakeClock(), TTL)
    for (const key of ['a', 'b', 'c']) failures.remember(key, error)
    failures.forget('a')
    expect([failures.get('a', 0), failures.get('b', 0)]).to.deep.equal([undefined, error])
    failures.clear()
    expect([failures.get('b', 0), failures.size]).to.deep.equal([undefined, 0])
  })

  it('are at most so many: the oldest go, however much they are met', () => {
    const failures = new Failures(new FakeClock(), TTL)
    failures.remember('oldest', error)
    failures.remember('renewed', error)
    failures.remember('next', error)
    failures.remember('renewed', error)
    for (let i = 0; i < MAX_REMEMBERED_FAILURES - 1; i++) {
      failures.get('oldest', 0)
      failures.remember(`k${i}`, error)
      expect(failures.size).to.be.at.most(MAX_REMEMBERED_FAILURES)
    }
    expect(['oldest', 'next', 'renewed', 'k0'].map(key => failures.get(key, 0))).to.deep.equal([undefined, undefined, error, error])
  })
})
