import { expect } from 'chai'
import * as fc from 'fast-check'
import { UseOrder } from '../../../src/tables/use-order.js'

describe('slots in the order of use', () => {
  it('are as a list says in which each moves to the end when it is used', () => {
    fc.assert(fc.property(fc.array(fc.nat({ max: 999 }), { size: 'large' }), commands => {
      const order = new UseOrder()
      const model: number[] = []
      let most = 0
      for (const command of commands) {
        const at = command % Math.max(1, model.length)
        if (command < 500 || model.length === 0) model.push(order.take())
        else if (command < 800) {
          const [slot = -1] = model.splice(at, 1)
          order.use(slot)
          model.push(slot)
        } else order.leave(model.splice(at, 1)[0] ?? -1)
        most = Math.max(most, model.length)
        expect(new Set(model).size).to.equal(model.length)
        expect([...order.all()]).to.deep.equal([...model].reverse())
        expect([order.size, order.oldest]).to.deep.equal([model.length, model[0]])
        expect(Math.max(...model, -1)).to.be.lessThan(Math.max(most, 1))
      }
    }))
  })
})
