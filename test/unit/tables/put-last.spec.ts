import { expect } from 'chai'
import { putLast } from '../../../src/tables/put-last.js'

describe('a map that stays small', () => {
  it('drops what was put longest ago, and counts what is put anew as new', () => {
    const map = new Map<string, number>()
    for (const [i, key] of ['a', 'b', 'c', 'a', 'd'].entries()) putLast(map, key, i, 3)
    expect([...map]).to.deep.equal([['c', 2], ['a', 3], ['d', 4]])
  })

  it('keeps none where none may be kept', () => {
    const map = new Map<string, number>()
    putLast(map, 'a', 1, 0)
    expect(map.size).to.equal(0)
  })
})
