import { expect } from 'chai'
import { InvalidParametersError } from '@libp2p/interface'
import { host } from '../../../src/discovery/host.js'

describe('host()', () => {
  it('refuses wrong options', () => {
    for (const wrong of [0, -1, NaN, Infinity, '5', null, 2 ** 31]) {
      expect(() => host({ interval: wrong as number })).to.throw(InvalidParametersError, /^host interval: expected a number from 1 to \d+, got /)
    }
    expect(() => host({ port: 5 } as never)).to.throw(InvalidParametersError, /^host options: .+, got "port"/)
    expect(() => host(5 as never)).to.throw(InvalidParametersError, /expected an object, got 5/)
  })
})
