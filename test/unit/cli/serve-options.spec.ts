import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CliError } from '../../../src/cli/command.js'
import { serveOptions } from '../../../src/cli/serve-options.js'
import { rejection } from '../../support/thrown.js'
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

describe('the secret and the token of a member of the command line', () => {
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'groupcache-')) })
  after(() => rm(folder, { recursive: true }))

  const at = (name: string): string => join(folder, name)
  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(at(name), text)
    return at(name)
  }

  it('come from the file of a flag, else from the environment, else from the file that it names, else from the one of a configuration', async () => {
    for (const name of ['secret', 'token']) {
      const [variable, option] = [`GROUPCACHE_${name.toUpperCase()}`, `${name}-file`]
      const config = await write('config.json', JSON.stringify({ [option]: await write('configured', 'of a configuration\n') }))
      const env: Record<string, string> = { GROUPCACHE_CONFIG: config }
      const flags: Record<string, string | string[]> = { discovery: ['none'] }
      const found = async (): Promise<unknown> => {
        const { node, door } = await serveOptions({ flags, args: [] }, { ...shell, env })
        return name === 'secret' ? node.secret : door.token
      }
      expect(await found()).to.equal('of a configuration')
      env[`${variable}_FILE`] = await write('named', 'named by the environment')
      expect(await found()).to.equal('named by the environment')
      env[variable] = 'of the environment'
      expect(await found()).to.equal('of the environment')
      flags[option] = await write('flagged', 'of a flag\r\n')
      expect(await found()).to.equal('of a flag')
    }
  })

  it('are not done without when their file is not there, wherever it is named', async () => {
    const config = await write('config.json', JSON.stringify({ 'token-file': at('nowhere') }))
    const wrong = await write('wrong.json', JSON.stringify({ 'secret-file': 5 }))
    for (const env of [{ GROUPCACHE_CONFIG: config }, { GROUPCACHE_TOKEN_FILE: at('nowhere') }, { GROUPCACHE_SECRET_FILE: at('nowhere') }, { GROUPCACHE_CONFIG: wrong }]) {
      expect(await rejection(serveOptions({ flags: { discovery: ['none'] }, args: [] }, { ...shell, env }))).to.be.instanceOf(CliError)
    }
  })
})
