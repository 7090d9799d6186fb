import { expect } from 'chai'
import { MAX_FORGIVEN_OFFENCES, MAX_OFFENDERS, MAX_REFUSAL, MIN_REFUSAL, OFFENCES_KEPT_FOR, OFFENCE_WINDOW } from '../../../src/constants.js'
import { Offences } from '../../../src/rpc/offences.js'
import { FakeClock } from '../../support/fake-clock.js'
import { fakeLog } from '../../support/fake-log.js'

interface Started { clock: FakeClock, offences: Offences, lines: string[], events: string[], offend: (id: string, times?: number) => void }

function start (): Started {
  const clock = new FakeClock()
  const log = fakeLog()
  const events: string[] = []
  const offences = new Offences({ clock, log, onRefused: id => { events.push(`refused ${id}`) }, onReadmitted: id => { events.push(`readmitted ${id}`) } })
  return { clock, offences, lines: log.lines, events, offend: (id, times = 1) => { for (let i = 0; i < times; i++) offences.note(id, 'nonsense') } }
}

const ENOUGH = MAX_FORGIVEN_OFFENCES + 1

describe('the offences of a peer', () => {
  it('are forgiven at first, and then it is refused, and told of in the log', () => {
    const { offences, lines, events, offend } = start()
    offend('a', MAX_FORGIVEN_OFFENCES)
    expect([offences.isRefused('a'), events]).to.deep.equal([false, []])
    offend('a')
    expect([offences.isRefused('a'), offences.isRefused('b'), events]).to.deep.equal([true, false, ['refused a']])
    expect(lines).to.have.length(2)
    expect(lines[0]).to.include('cutting off').and.include('nonsense').and.include('a')
    expect(lines[1]).to.match(/refusing/).and.include(String(MIN_REFUSAL)).and.include(String(ENOUGH))
  })

  it('are not what may not be its fault: that is in the log, once in a while, and no more', () => {
    const { clock, offences, lines, events, offend } = start()
    for (let i = 0; i < 3 * ENOUGH; i++) offences.remark('a', 'asleep')
    expect([lines.length, events, offences.isRefused('a')]).to.deep.equal([1, [], false])
    expect(lines[0]).to.include('cutting off').and.include('asleep')
    clock.jump(OFFENCE_WINDOW)
    offences.remark('a', 'asleep')
    expect(lines).to.have.length(2)
    // who is refused is cut off as it is
    offend('a', ENOUGH)
    const said = lines.length
    clock.jump(1)
    offences.remark('a', 'asleep')
    expect(lines).to.have.length(said)
  })

  it('are forgotten in their time, whatever else was said of the peer', () => {
    const { clock, offences, events, offend } = start()
    const refusals = (): number => events.filter(event => event.startsWith('refused')).length
    offend('a', ENOUGH)
    clock.jump(MIN_REFUSAL)
    for (let ms = 0; ms < OFFENCES_KEPT_FOR; ms += OFFENCE_WINDOW) {
      offences.remark('a', 'asleep')
      clock.jump(OFFENCE_WINDOW)
    }
    offend('a', ENOUGH)
    clock.jump(MIN_REFUSAL)
    expect([refusals(), offences.isRefused('a')]).to.deep.equal([2, false])
  })

  it('do not add up over more than the window', () => {
    const { clock, offences, offend } = start()
    for (let i = 0; i < 20; i++) {
      offend('a', MAX_FORGIVEN_OFFENCES)
      clock.jump(OFFENCE_WINDOW)
    }
    expect(offences.isRefused('a')).to.equal(false)
  })

  it('cost it twice as long each time, up to a limit', () => {
    const { clock, offences, events, offend } = start()
    const terms: number[] = []
    for (let i = 0; i < 10; i++) {
      const begin = clock.now()
      offend('a', ENOUGH)
      while (offences.isRefused('a')) clock.jump(1_000)
      terms.push(clock.now() - begin)
    }
    expect(terms).to.deep.equal(Array.from({ length: 10 }, (_, i) => Math.min(MAX_REFUSAL, MIN_REFUSAL * 2 ** i)))
    expect(events).to.deep.equal(terms.flatMap(() => ['refused a', 'readmitted a']))
  })

  it('are forgotten when it has behaved for long enough after it was let in again', () => {
    const { clock, offences, offend } = start()
    const termNow = (): number => {
      const begin = clock.now()
      offend('a', ENOUGH)
      while (offences.isRefused('a')) clock.jump(1_000)
      return clock.now() - begin
    }
    termNow()
    clock.jump(OFFENCES_KEPT_FOR - 1)
    expect(termNow()).to.equal(2 * MIN_REFUSAL)
    clock.jump(OFFENCES_KEPT_FOR)
    expect(termNow()).to.equal(MIN_REFUSAL)
  })

  it('while it is refused are counted, and nothing else comes of them', () => {
    const { offences, lines, events, offend } = start()
    offend('a', ENOUGH + 10_000)
    expect([offences.isRefused('a'), events, lines.length]).to.deep.equal([true, ['refused a'], 2])
  })

  it('are in the log once in a window', () => {
    const { clock, lines, offend } = start()
    offend('a')
    clock.jump(OFFENCE_WINDOW - 1)
    offend('a')
    expect(lines).to.have.length(1)
    clock.jump(OFFENCE_WINDOW)
    offend('a')
    expect(lines).to.have.length(2)
  })

  it('are remembered of a limited number of peers; who is refused and forgotten is let in', () => {
    const { clock, offences, events, offend } = start()
    offend('first', ENOUGH)
    for (let i = 0; i < MAX_OFFENDERS; i++) offend(`x${i}`)
    expect([offences.isRefused('first'), events]).to.deep.equal([false, ['refused first', 'readmitted first']])
    expect(clock.timers).to.equal(0)
  })

  it('leave no timer when the node stops, and let nobody in then', () => {
    const { clock, offences, events, offend } = start()
    offend('a', ENOUGH)
    offences.clear()
    clock.jump(MAX_REFUSAL)
    expect([clock.timers, events, offences.isRefused('a')]).to.deep.equal([0, ['refused a'], false])
  })
})
