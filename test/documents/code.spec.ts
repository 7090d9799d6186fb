// The TypeScript in the documents is what the compiler accepts, and what can be run here runs. Needs the build: it imports the package by its name.

import { expect } from 'chai'
import { rmSync, writeFileSync } from 'node:fs'
import { codeBlocks, documents, readDocument, ROOT } from '../support/documents.js'
import { runInShell } from '../support/shell.js'
import { typeErrors } from '../support/type-errors.js'

const FOLDER = `${ROOT}test/documents/`

interface Snippet { name: string, code: string }

const snippets: Snippet[] = documents().flatMap(path => codeBlocks(readDocument(path))
  .filter(({ language }) => language === 'ts')
  .map(({ code, line }) => ({ name: `${path}:${line}`, code })))

/** Each as a module of its own, beside prelude.d.ts. @returns what the compiler says, behind the line of the document */
function errorsIn (snippets: readonly Snippet[]): string[] {
  const files = new Map(snippets.map((snippet, i) => [`${FOLDER}snippet-${i}.ts`, snippet]))
  const sources = new Map([...files].map(([file, { code }]) => [file, `${code}\nexport {}`]))
  return typeErrors(sources, [`${FOLDER}prelude.d.ts`]).map(({ file, line, message }) => {
    const [path, first] = files.get(file)?.name.split(':') ?? [file, '1']
    return `${path}:${line + Number(first)} ${message}`
  })
}

describe('the code in the documents', function () {
  this.timeout(300_000)

  it('is what the compiler accepts', () => {
    expect(snippets.filter(({ name }) => name.startsWith('README.md'))).to.not.have.length(0)
    expect(errorsIn(snippets)).to.deep.equal([])
  })

  it('would be found out', () => {
    const errors = errorsIn([
      { name: 'README.md:7', code: "await users.get('1')\nawait users.fetch('1')" },
      { name: 'README.md:20', code: "import { gone } from 'groupcache'\ngone()" },
      { name: 'README.md:30', code: 'await createGroupcache({ lisen: [] })' }
    ])
    expect(errors.map(error => error.split(' ')[0])).to.deep.equal(['README.md:8', 'README.md:20', 'README.md:30'])
    expect(errors.join()).to.match(/'fetch' does not exist.*'gone'.*'lisen' does not exist/)
  })

  // it may run here: it stays on the loopback interface, on a free port
  const runnable = snippets.filter(({ code }) => code.includes("listen: ['/ip4/127.0.0.1/tcp/0']") && !code.includes('mdns'))

  for (const { name, code } of runnable) {
    it(`runs: ${name}`, async () => {
      const file = `${FOLDER}run-${process.pid}.ts`
      writeFileSync(file, `${code}\nawait cache.stop()\nconsole.log('stopped')\n`)
      try {
        const { code: exit, stdout, stderr } = await runInShell(`npx tsx '${file}'`, { timeout: 60_000 })
        expect([exit, stdout], stderr).to.deep.equal([0, 'stopped\n'])
      } finally {
        rmSync(file)
      }
    })
  }
})
