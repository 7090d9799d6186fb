// Peers that follow the protocol until they do not, each a process against a member in a process, while an honest member gets
// keys of that one. By hand, with speeds: npm run hostile.

import { expect } from 'chai'
import { Arena } from '../hostile/arena.js'
import { attacks } from '../hostile/attacks/index.js'

/** Milliseconds. What takes longer is made by hand; its rule has unit tests. */
const MAX_ATTACK = 4_000
/** In a window of offences a peer is noticed once, and once more when it is refused; each connection of a stranger's address counts. */
const MAX_LINES = 4

describe('a hostile peer', function () {
  this.timeout(180_000)
  let arena: Arena

  before(async () => { arena = await Arena.open() })
  after(() => arena.close())

  for (const attack of attacks) {
    if ((attack.ms ?? 0) > MAX_ATTACK) continue
    it(`that makes ${attack.name}: ${attack.isLogged === undefined ? '' : 'it is noticed, '}memory stays bounded, and the others are served`, async () => {
      const { grown, wrong, lines } = await arena.meet(attack)
      expect(wrong.slice(0, 3)).to.deep.equal([])
      expect(grown, `bytes; ${attack.mayHold.because}`).to.be.at.most(attack.mayHold.bytes)
      if (attack.isLogged !== undefined) expect(lines.filter(line => attack.isLogged?.test(line))).to.have.length.within(1, MAX_LINES)
      expect(await arena.isWell()).to.equal(true)
    })
  }
})
