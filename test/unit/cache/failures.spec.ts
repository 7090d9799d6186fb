import { expect } from 'chai'
import { Failures } from '../../../src/cache/failures.js'
import { MAX_REMEMBERED_FAILURES } from '../../../src/constants.js'
import { FakeClock } from '../../support/fake-clock.js'

const error = new Error('load failed')

describe('remembered failures', () => {
  it('are remembered for their time, to the millisecond, and then not held', () => {
    const clock = new FakeClock()
    const failures = new Failures(clock)
    clock.jump(1_000)
    failures.remember('k', error, 50)
    expect([failures.get('k', 1_000), failures.get('k', 1_049), failures.get('other', 1_000)]).to.deep.equal([error, error, undefined])
    expect([failures.get('k', 1_050), failures.size]).to.deep.equal([undefined, 0])
  })

  it('give way to later ones of their key, also to one that is not remembered', () => {
    const failures = new Failures(new FakeClock())
    const later = new Error('again')
    failures.remember('k', error, 50)
    failures.remember('k', later, 100)
    expect([failures.get('k', 60), failures.size]).to.deep.equal([later, 1])
    failures.remember('k', error, 0)
    expect(failures.get('k', 0)).to.equal(undefined)
  })

  it('are forgotten when told so', () => {
    const failures = new Failures(new FakeClock())
    for (const key of ['a', 'b', 'c']) failures.remember(key, error, 50)
    failures.forget('a')
    expect([failures.get('a', 0), failures.get('b', 0)]).to.deep.equal([undefined, error])
    failures.clear()
    expect([failures.get('b', 0), failures.size]).to.deep.equal([undefined, 0])
  })

  it('are at most so many: the oldest go, however much they are met', () => {
    const failures = new Failures(new FakeClock())
    failures.remember('oldest', error, 1e9)
    failures.remember('renewed', error, 1e9)
    failures.remember('next', error, 1e9)
    failures.remember('renewed', error, 1e9)
    for (let i = 0; i < MAX_REMEMBERED_FAILURES - 1; i++) {
      failures.get('oldest', 0)
      failures.remember(`k${i}`, error, 1e9)
      expect(failures.size).to.be.at.most(MAX_REMEMBERED_FAILURES)
    }
    expect(['oldest', 'next', 'renewed', 'k0'].map(key => failures.get(key, 0))).to.deep.equal([undefined, undefined, error, error])
  })
})
