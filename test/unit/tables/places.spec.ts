import { expect } from 'chai'
import * as fc from 'fast-check'
import { Places } from '../../../src/tables/places.js'

describe('places', () => {
  it('hold what took one until it leaves, in any order, and are used again', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 20 })), commands => {
      const places = new Places<{ name: number }>()
      const model = new Map<number, { name: number }>()
      let most = 0
      for (const [name, command] of commands.entries()) {
        const [held] = [...model.keys()].slice(command % 7)
        if (command < 12 || held === undefined) {
          const thing = { name }
          model.set(places.take(thing), thing)
        } else {
          places.leave(held)
          model.delete(held)
        }
        most = Math.max(most, model.size)
        expect(places.size).to.equal(model.size)
        expect(places.all()).to.have.members([...model.values()])
        for (const [place, thing] of model) expect(places.at(place)).to.equal(thing)
      }
      for (const place of model.keys()) expect(place).to.be.lessThan(Math.max(most, 1))
    }))
  })
})
