import { expect } from 'chai'
import { hostAt } from '../../src/remote-host.js'

describe('the host that a limit is for', () => {
  it('is an address of IPv4, however it is written', () => {
    expect(['192.0.2.7', '::ffff:192.0.2.7'].map(hostAt)).to.deep.equal(['192.0.2.7', '192.0.2.7'])
  })

  it('is the first half of an address of IPv6: the rest its host may choose', () => {
    for (const address of ['2001:db8:1:2:3:4:5:6', '2001:0db8:0001:0002::9', '2001:db8:1:2::']) expect(hostAt(address), address).to.equal('2001:db8:1:2')
    expect(['2001:db8::1', '::1', 'fe80::1:2:3:4'].map(hostAt)).to.deep.equal(['2001:db8:0:0', '0:0:0:0', 'fe80:0:0:0'])
  })

  it('is a name, or nothing, where there is no address', () => {
    expect(['/memory/member-1', ''].map(hostAt)).to.deep.equal(['/memory/member-1', ''])
  })
})
