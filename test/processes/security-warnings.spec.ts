// What a process is warned of when nobody asks for a log.

import { expect } from 'chai'
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { Lan, obstacle } from '../support/namespaces.js'
import { addressOf, startNode, stopNodes } from '../support/nodes.js'

const INDEX = new URL('../../src/index.ts', import.meta.url).href

/** The codes and texts of the warnings, with flags of those that are shown, of a process that starts a node twice and waits for `expected` warnings, where it expects some. */
async function warningsOf (options: string, { expected = 0, prefix = [] as string[], flags = [] as string[] } = {}): Promise<string[]> {
  const script = `
    import { bootstrap, createGroupcache } from ${JSON.stringify(INDEX)}
    const said = []
    process.on('warning', ({ code, message }) => { if (code?.startsWith('GROUPCACHE')) said.push(code + ' ' + message) })
    const options = ${options}
    const nodes = [await createGroupcache(options), await createGroupcache(options)]
    const deadline = Date.now() + 10_000
    while (said.length < ${expected} && Date.now() < deadline) await new Promise(resolve => setTimeout(resolve, 5))
    await Promise.all(nodes.map(node => node.stop()))
    console.log(JSON.stringify(said))`
  const [file = process.execPath, ...args] = [...prefix, process.execPath, ...flags, '--import', 'tsx', '--input-type=module', '-e', script]
  const { stdout, stderr } = await promisify(execFile)(file, args, { timeout: 25_000 })
  const said = JSON.parse(stdout.trim().split('\n').at(-1) as string) as string[]
  // what Node is told not to show is an event all the same
  return flags.length === 0 ? said : said.filter(text => stderr.includes(text.split(' ')[0] as string))
}

describe('a process', function () {
  this.timeout(60_000)
  afterEach(stopNodes)

  it('whose discovery finds a cluster that refuses it is warned, once', async () => {
    const member = await startNode({ secret: 'what only the members know' })
    const said = await warningsOf(`{ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [bootstrap([${JSON.stringify(addressOf(member))}])] }`, { expected: 1 })
    expect(said).to.have.length(1)
    expect(said[0]).to.match(/^GROUPCACHE_HANDSHAKE_REFUSED cannot reach .*: the handshake failed: check that `secret` and `cluster` are the same/)
    expect(member.members).to.have.length(1)
  })

  it('on loopback without a secret is warned of nothing', async () => {
    expect(await warningsOf("{ listen: ['/ip4/127.0.0.1/tcp/0'], discovery: [] }")).to.deep.equal([])
  })

  describe('on a network', () => {
    const lan = new Lan('10.231.9')
    let prefix: string[]

    before(function () {
      const reason = obstacle()
      if (reason !== undefined) {
        console.log(`    not run: ${reason}`)
        this.skip()
      }
      prefix = ['ip', 'netns', 'exec', lan.addHost(lan.addSwitch()).namespace]
    })
    after(() => { lan.remove() })

    it('without a secret is warned once, however many nodes it has', async () => {
      const said = await warningsOf('{ discovery: [] }', { expected: 1, prefix })
      expect(said).to.have.length(1)
      expect(said[0]).to.match(/^GROUPCACHE_NO_SECRET anybody who can reach \/ip4\/0\.0\.0\.0\/tcp\/0 can join/)
    })

    it('is not warned with a secret, with a list, or when it is told not to', async () => {
      expect(await warningsOf("{ discovery: [], secret: 'what only the members know' }", { prefix })).to.deep.equal([])
      expect(await warningsOf('{ discovery: [], allow: [] }', { prefix })).to.deep.equal([])
      expect(await warningsOf('{ discovery: [] }', { expected: 1, prefix, flags: ['--disable-warning=GROUPCACHE_NO_SECRET'] })).to.deep.equal([])
      expect(await warningsOf('{ discovery: [] }', { expected: 1, prefix, flags: ['--disable-warning=ANOTHER'] })).to.have.length(1)
    })
  })
})
