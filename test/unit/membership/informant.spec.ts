import { expect } from 'chai'
import { Informant, MAX_IN_VAIN, MAX_WAITING } from '../../../src/membership/informant.js'

/** The verdicts on so many that were named in vain, one after the other at the same time. */
const inVain = (informant: Informant, count: number, isRefused: boolean, now = 0): string[] => Array.from({ length: count }, () => informant.namedInVain(isRefused, now))

describe('a member that names others', () => {
  it('is listened to until so many wait, of whom few are looked up at a time', () => {
    const informant = new Informant()
    informant.waiting = MAX_WAITING - 1
    informant.looking = 1
    expect([informant.mayName(0), informant.mayLookUp(0)]).to.deep.equal([true, true])
    informant.waiting++
    informant.looking++
    expect([informant.mayName(0), informant.mayLookUp(0)]).to.deep.equal([false, false])
  })

  it('is ignored once it has named too many in vain, and heard again when half of them are forgotten', () => {
    const informant = new Informant()
    expect(inVain(informant, MAX_IN_VAIN - 1, false)).to.deep.equal(Array(MAX_IN_VAIN - 1).fill('heard'))
    expect([informant.mayName(0), informant.namedInVain(false, 0), informant.mayName(0), informant.mayLookUp(0)]).to.deep.equal([true, 'ignored', false, false])
    const later = MAX_IN_VAIN / 2 * 1_000
    expect([informant.mayName(later - 1), informant.mayName(later), informant.mayLookUp(later)]).to.deep.equal([false, true, true])
  })

  it('lies when for most of them the host says that nobody is there; who cannot be reached from here may be there all the same', () => {
    const half = MAX_IN_VAIN / 2
    for (const [refused, verdict] of [[half, 'ignored'], [half + 1, 'lying'], [MAX_IN_VAIN, 'lying']] as const) {
      const informant = new Informant()
      inVain(informant, MAX_IN_VAIN - refused, false)
      expect(inVain(informant, refused, true).at(-1)).to.equal(verdict)
    }
  })

  it('is told on once each time that it is ignored anew, and what was under way then is no further lie', () => {
    const informant = new Informant()
    const verdicts = inVain(informant, 2 * MAX_IN_VAIN, true)
    expect(verdicts.filter(verdict => verdict !== 'heard')).to.deep.equal(['lying'])
    const later = 2 * MAX_IN_VAIN * 1_000
    expect([informant.mayName(later), inVain(informant, MAX_IN_VAIN, true, later).at(-1)]).to.deep.equal([true, 'lying'])
  })

  it('does not lie for naming one in vain now and then, as long as it may take', () => {
    const informant = new Informant()
    for (let second = 0; second < 10_000; second++) expect(informant.namedInVain(true, second * 1_000)).to.equal('heard')
  })

  it('is as good as unknown when nobody waits and all is forgotten', () => {
    const informant = new Informant()
    expect(informant.isIdle(0)).to.equal(true)
    inVain(informant, 2, true)
    informant.waiting++
    expect([informant.isIdle(1_999), informant.isIdle(2_000)]).to.deep.equal([false, false])
    informant.waiting--
    expect(informant.isIdle(2_000)).to.equal(true)
  })
})
