import { expect } from 'chai'
import { serveOptions } from '../../../src/cli/serve-options.js'
import type { Parsed, Shell } from '../../../src/cli/command.js'

const shell: Shell = { env: {}, isTerminal: false, print: () => {}, signal: new AbortController().signal }

describe('where a member of the command line listens', () => {
  const cases: Array<[what: string, flags: Parsed['flags'], listen: string[] | undefined]> = [
    ['on all interfaces, where others may come from elsewhere', {}, undefined],
    ['on this machine alone, where it looks for nobody', { discovery: ['none'] }, ['/ip4/127.0.0.1/tcp/0']],
    ['on this machine alone, where it looks for others there', { discovery: ['host'] }, ['/ip4/127.0.0.1/tcp/0']],
    ['on all interfaces, where it looks for others elsewhere, too', { discovery: ['host', '/ip4/10.0.0.7/tcp/4001'] }, undefined],
    ['where it is told to', { discovery: ['none'], listen: ['/ip4/0.0.0.0/tcp/4001'] }, ['/ip4/0.0.0.0/tcp/4001']]
  ]
  for (const [what, flags, listen] of cases) {
    it(what, async () => {
      expect((await serveOptions({ flags, args: [] }, shell)).node.listen).to.deep.equal(listen)
    })
  }
})
