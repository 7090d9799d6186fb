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

  it('does not call done what it was told to end before it was', async () => {
    const said: string[] = []
    const shell = { env: {}, isTerminal: false, print: () => {}, complain: (text: string) => { said.push(text) }, signal: AbortSignal.abort(new Error('told to end by SIGINT')) }
    for (const command of [['remove', 'g', 'k'], ['status']]) expect(await run([...command, '--url', 'http://127.0.0.1:9'], shell)).to.equal(1)
    expect(said).to.deep.equal(Array(2).fill('groupcache: told to end by SIGINT'))
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
