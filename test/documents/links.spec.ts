// Links between the documents, and to files of the project, lead somewhere.

import { expect } from 'chai'
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { anchors, documents, prose, readDocument, ROOT } from '../support/documents.js'

/** @returns the links of a document that lead nowhere */
function broken (path: string, markdown: string): string[] {
  return [...prose(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link)
    .filter(link => !/^[a-z]+:/.test(link))
    .filter(link => {
      const [file = '', anchor] = link.split('#')
      const target = file === '' ? path : join(dirname(path), decodeURIComponent(file))
      if (target.startsWith('..') || !existsSync(ROOT + target)) return true
      if (anchor === undefined) return false
      return !statSync(ROOT + target).isFile() || !anchors(file === '' ? markdown : readDocument(target)).includes(anchor)
    })
}

describe('the links in the documents', () => {
  for (const path of documents()) {
    it(`of ${path} lead somewhere`, () => {
      expect(broken(path, readDocument(path))).to.deep.equal([])
    })
  }

  it('would be found out', () => {
    const markdown = '# A *b* `c`, (d)\n[x](docs/gone.md) [x](docs/ring.md#gone) [x](#a-b-c-d) [x](#a) [x](README.md) `[x](gone)` [x](../etc)\n```md\n[x](gone)\n```\n'
    expect(broken('CHANGELOG.md', markdown)).to.deep.equal(['docs/gone.md', 'docs/ring.md#gone', '#a', '../etc'])
  })

  it('to headings are as code hosts make them', () => {
    expect(anchors('# When something goes wrong\n## `dns()`\n## A, b & c\n## A, b & c\n```sh\n# not one\n```\n### [Text](link.md) – ü_x-y\n')).to.deep.equal([
      'when-something-goes-wrong', 'dns', 'a-b--c', 'a-b--c-1', 'text--ü_x-y'
    ])
  })
})
