import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { mdns } from '../../../src/discovery/mdns.js'

describe('mdns()', () => {
  it('refuses wrong options', () => {
    for (const wrong of [0, -1, NaN, Infinity, '5', null, 2 ** 31]) {
      expect(() => mdns({ interval: wrong as number })).to.throw(InvalidParametersError, /^mdns interval: expected a number from 1 to \d+, got /)
    }
    expect(() => mdns({ port: 5 } as never)).to.throw(InvalidParametersError, /^mdns options: .+, got "port"/)
    expect(() => mdns(5 as never)).to.throw(InvalidParametersError, /expected an object, got 5/)
  })
})
