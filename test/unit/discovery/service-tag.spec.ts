import { expect } from 'chai'
import * as fc from 'fast-check'
import { serviceTag } from '../../../src/discovery/service-tag.js'

describe('the name that nodes look for each other under', () => {
  it('is a valid DNS name, its own for each cluster, and always the same', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (a, b) => {
      for (const label of serviceTag(a).split('.')) expect(label).to.match(/^_?[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?$/)
      expect(serviceTag(a).endsWith('._udp.local')).to.equal(true)
      expect(serviceTag(a) === serviceTag(b)).to.equal(a === b)
    }))
    expect(serviceTag('default')).to.equal('_groupcache-37a8eec1ce19687d._udp.local')
  })
})
