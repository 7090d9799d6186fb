// The architecture: imports point down only. See docs/architecture.md.

import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const SRC = fileURLToPath(new URL('../src', import.meta.url))

/** From the top down; what stands in one row may import within the row, as long as there is no cycle. */
const LAYERS: readonly string[][] = [
  ['cli/'],
  ['side-door/'],
  ['index.ts', 'opentelemetry/', 'testing/'],
  ['create-groupcache.ts', 'stop-on-signals.ts'],
  ['standalone-node.ts'],
  ['groupcache.ts', 'life.ts', 'leftover-timers.ts', 'gone-peers.ts'],
  ['settings.ts', 'warnings.ts'],
  ['security/', 'metrics/'],
  ['cluster/'],
  ['group/'],
  ['coherence/'],
  ['discovery/'],
  ['rpc/'],
  ['membership/'],
  ['ring/', 'cache/', 'flight/'],
  ['codec/', 'tables/'],
  ['validation.ts'],
  ['errors.ts', 'constants.ts', 'clock.ts', 'leaky-count.ts', 'concurrency.ts', 'promise-with-resolvers.ts', 'observer.ts', 'tracing.ts'],
  ['interface/']
]
/** Folders whose rules are pure: nothing of libp2p but its error classes and types. */
const PURE = ['coherence/', 'membership/', 'ring/', 'cache/', 'flight/', 'codec/', 'tables/']
const PURE_IMPORTS = ['@libp2p/interface', 'msgpackr', 'node:events', 'node:worker_threads']
const MAX_LINES = 255

interface Import { from: string, to: string, isType: boolean }

function sourceFiles (): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts')).map(file => normalize(file))
}

function importsOf (file: string): Import[] {
  const text = readFileSync(join(SRC, file), 'utf8')
  const found = text.matchAll(/^(?:import|export)\s(type\s)?(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]/gm)
  return [...found].map(([, type, to]) => ({ from: file, to: to as string, isType: type !== undefined }))
}

function target ({ from, to }: Import): string | undefined {
  return to.startsWith('.') ? relative(SRC, join(SRC, dirname(from), to)).replace(/\.js$/, '.ts') : undefined
}

function layerOf (file: string): number {
  const layer = LAYERS.findIndex(names => names.some(name => file === name || (name.endsWith('/') && file.startsWith(name))))
  if (layer === -1) throw new Error(`${file} is in no layer`)
  return layer
}

/** What is wrong with an import, if anything. */
function fault (link: Import): string | undefined {
  const to = target(link)
  if (to === undefined) {
    const isPure = PURE.some(folder => link.from.startsWith(folder))
    return isPure && !PURE_IMPORTS.includes(link.to) ? `${link.from} is pure and imports ${link.to}` : undefined
  }
  return layerOf(to) < layerOf(link.from) ? `${link.from} imports ${to}, which is above it` : undefined
}

function findCycle (edges: ReadonlyMap<string, string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (file: string, path: string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return undefined
    for (const next of edges.get(file) ?? []) {
      const cycle = visit(next, [...path, file])
      if (cycle !== undefined) return cycle
    }
    done.add(file)
    return undefined
  }
  for (const file of edges.keys()) {
    const cycle = visit(file, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the layers', () => {
  const imports = sourceFiles().flatMap(importsOf)

  it('import downward only, and the pure ones nothing of the network', () => {
    expect(imports.length).to.be.greaterThan(100)
    expect(imports.flatMap(link => fault(link) ?? [])).to.deep.equal([])
  })

  it('would be told from an upward import', () => {
    expect(fault({ from: 'ring/hash-ring.ts', to: '../group/peers.js', isType: true })).to.include('above')
    expect(fault({ from: 'membership/membership.ts', to: 'libp2p', isType: false })).to.include('pure')
  })

  it('have no cycle, types included', () => {
    const edges = new Map(sourceFiles().map(file => [file, importsOf(file).flatMap(link => target(link) ?? [])]))
    expect(findCycle(edges)).to.equal(undefined)
    expect(findCycle(new Map([['a', ['b']], ['b', ['c']], ['c', ['a']]]))).to.deep.equal(['a', 'b', 'c', 'a'])
  })

  it('keep each file to what fits in a head', () => {
    const long = sourceFiles().map(file => ({ file, lines: readFileSync(join(SRC, file), 'utf8').split('\n').length })).filter(({ lines }) => lines > MAX_LINES)
    expect(long).to.deep.equal([])
  })
})
