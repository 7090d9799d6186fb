import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { run } from '../../../src/cli/run.js'

describe('the command line', () => {
  it('says which version it is', async () => {
    const printed: string[] = []
    const shell = { env: {}, isTerminal: false, print: (text: string) => { printed.push(text) }, complain: () => {}, signal: new AbortController().signal }
    for (const flag of ['--version', '-v']) expect(await run([flag], shell)).to.equal(0)
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
    expect(printed).to.deep.equal([version, version])
  })

  for (const [how, expected] of [['dns:name:x', /dns port: expected a whole number/], ['dns:a b:1', /dns hostname: expected a DNS name/], ['/nonsense', /expected a multiaddr/]] as const) {
    it(`says in one line, with exit code 2, that there is no discovery as ${how}`, async () => {
      const said: string[] = []
      const shell = { env: {}, isTerminal: false, print: () => {}, complain: (text: string) => { said.push(text) }, signal: new AbortController().signal }
      expect(await run(['serve', '--discovery', how], shell)).to.equal(2)
      expect(said).to.have.length(1)
      expect(said[0]).to.match(expected).and.match(/^groupcache: [^\n]+$/)
    })
  }
})
