// Every example runs as its README says, and prints what its README says. Needs the build: the examples import the package by its name.

import { expect } from 'chai'
import { existsSync, readdirSync } from 'node:fs'
import { codeBlocks, readDocument, ROOT } from '../support/documents.js'
import { runInShell } from '../support/shell.js'

/** Of one example, on a machine that has much else to do. */
const TIMEOUT = 400_000

/** Have tests of their own: there is no engine here to run them with. */
const WITHOUT_ENGINE = ['docker-compose']

const names = readdirSync(`${ROOT}examples`, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(({ name }) => name)
// the demo is no example with a README: it has its own step in CI
const examples = names.filter(name => name !== 'demo')

describe('the examples', function () {
  this.timeout(TIMEOUT + 10_000)

  it('are all listed in their README', () => {
    const listed = [...readDocument('examples/README.md').matchAll(/^\| \[([\w-]+)\]\(\1\//gm)].map(([, name]) => name)
    expect(listed.sort()).to.deep.equal(names.sort())
  })

  for (const name of examples.filter(name => !WITHOUT_ENGINE.includes(name))) {
    it(`${name} runs as its README says`, async function () {
      const reason = obstacle(name)
      if (reason !== undefined) {
        console.log(`      skipped: ${reason}`)
        this.skip()
      }
      const blocks = codeBlocks(readDocument(`examples/${name}/README.md`))
      const command = blocks.find(({ language, heading }) => language === 'sh' && heading === 'Run it')?.code ?? ''
      const expected = blocks.find(({ language, heading }) => language === 'text' && heading === 'What you should see')?.code ?? ''
      expect([command, expected]).to.not.include('')
      const { code, stdout, stderr } = await runInShell(command, { timeout: TIMEOUT })
      expect(code, `${stdout}\n${stderr}`).to.equal(0)
      expect(differences(stdout, expected), `${stdout}\n${stderr}`).to.deep.equal([])
    })
  }

  it('are told apart from what their READMEs say', () => {
    expect(differences('a 1 b\nc\n', 'a … b\nc\n')).to.deep.equal([])
    expect(differences('took   12 ms\n', 'took … ms\n')).to.deep.equal([])
    expect(differences('a 1 c\n', 'a … b\n')).to.deep.equal(['a … b'])
    expect(differences('a\nb\n', 'a\n')).to.deep.equal(['nothing, but: b'])
    expect(differences('a\n', 'a\nb\n')).to.deep.equal(['b'])
  })
})

/** The lines that are expected and not there. `…` stands for anything in its line, and one blank for any number of them. */
function differences (output: string, expected: string): string[] {
  const lines = output.trimEnd().split('\n')
  const wanted = expected.trimEnd().split('\n')
  const missing = wanted.filter((line, i) => {
    const pattern = line.split('…').map(part => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, ' +')).join('.*')
    return !new RegExp(`^${pattern}$`).test(lines[i] ?? '')
  })
  return [...missing, ...lines.slice(wanted.length).map(line => `nothing, but: ${line}`)]
}

/** Why an example cannot run on this machine. In CI all can. */
function obstacle (name: string): string | undefined {
  if (name !== 'fastify-postgres' || process.env.CI !== undefined || (process.env.DATABASE_URL ?? '') !== '') return undefined
  const folders = [...(process.env.PATH ?? '').split(':'), ...(existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').map(version => `/usr/lib/postgresql/${version}/bin`) : [])]
  return folders.some(folder => existsSync(`${folder}/initdb`)) ? undefined : 'PostgreSQL is not installed'
}
