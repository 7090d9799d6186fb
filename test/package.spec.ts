// What those who install the package rely on, with what `npm run build` has built: it can be bundled, who does not use a part does not
// load it, and the examples of docs/testing.md run.

import { expect } from 'chai'
import { build } from 'esbuild'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const start = promisify(execFile)

/** What a script prints. @throws with that, where it fails */
async function run (...args: string[]): Promise<string> {
  try {
    return (await start(process.execPath, args, { cwd: ROOT })).stdout
  } catch (err) {
    const { stdout, stderr } = err as { stdout: string, stderr: string }
    throw new Error(`${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: err })
  }
}

/** Two members that find each other, with a secret, and a value of each. */
const PROGRAM = `
  import { bootstrap, createGroupcache } from 'groupcache'
  async function main () {
    const options = { listen: ['/ip4/127.0.0.1/tcp/0'], secret: 'of the bundle' }
    const a = await createGroupcache({ ...options, name: 'a', discovery: [] })
    const b = await createGroupcache({ ...options, name: 'b', discovery: [bootstrap(a.multiaddrs)] })
    await b.ready({ members: 2, signal: AbortSignal.timeout(20_000) })
    const [group] = [a, b].map(node => node.group('g', { load: () => ({ from: node.name, at: new Date(0) }) }))
    const values = await group.getMany(Array.from({ length: 50 }, (_, i) => 'k' + i))
    await Promise.all([a.stop(), b.stop()])
    console.log([...new Set(values.map(({ from, at }) => from + at.getTime()))].sort().join())
  }
  main()
`
/** What esbuild asks for where an ES module holds CommonJS: docs/dependencies.md. */
const REQUIRE = "import { createRequire as makeRequire } from 'node:module'; const require = makeRequire(import.meta.url)"

describe('the package', function () {
  this.timeout(120_000)
  let folder: string
  before(async () => {
    if (!existsSync(join(ROOT, 'dist/index.js'))) throw new Error('there is no dist: npm run build')
    // inside the package, where its own name leads to it
    folder = await mkdtemp(join(ROOT, '.tmp-'))
  })
  after(() => rm(folder, { recursive: true }))

  async function bundle (contents: string, format: 'esm' | 'cjs'): Promise<{ file: string, packages: Set<string> }> {
    const file = join(folder, format === 'esm' ? 'bundle.mjs' : 'bundle.cjs')
    const { metafile, warnings } = await build({
      stdin: { contents, resolveDir: ROOT }, bundle: true, platform: 'node', target: 'node20', format, outfile: file, metafile: true, logLevel: 'silent', ...(format === 'esm' ? { banner: { js: REQUIRE } } : {})
    })
    expect(warnings).to.deep.equal([])
    const packages = Object.keys(metafile.inputs).flatMap(input => /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules)/.exec(input)?.[1] ?? [])
    return { file, packages: new Set(packages) }
  }

  for (const format of ['esm', 'cjs'] as const) {
    it(`works when it is bundled by esbuild, as ${format}`, async () => {
      const { file } = await bundle(PROGRAM, format)
      expect(await run(file)).to.equal('a0,b0\n')
    })
  }

  it('does not load what only the side door, metrics or tests need', async () => {
    const core = await bundle("export * from 'groupcache'", 'cjs')
    expect([...core.packages]).to.include.members(['libp2p', 'msgpackr'])
    for (const name of ['hono', '@hono/node-server', 'prom-client', '@libp2p/prometheus-metrics', '@opentelemetry/api']) expect([...core.packages]).to.not.include(name)
    const testing = await bundle("export * from 'groupcache/testing'", 'cjs')
    expect([...testing.packages].filter(name => !core.packages.has(name))).to.deep.equal([])
  })

  describe('has examples in docs/testing.md', () => {
    const examples = new Map([...readFileSync(join(ROOT, 'docs/testing.md'), 'utf8').matchAll(/<!-- example: (\S+) -->\n```ts\n(.*?)```/gs)].map(([, name, code]) => [name as string, code as string]))
    before(async () => {
      for (const [name, code] of examples) await writeFile(join(folder, name), code)
      await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../tsconfig.json', include: ['*.ts'] }))
    })

    it('that compile', async () => {
      expect([...examples.keys()]).to.deep.equal(['mocha.spec.ts', 'node.test.ts'])
      expect(await run('node_modules/typescript/bin/tsc', '--noEmit', '-p', folder)).to.equal('')
    })

    it('that pass, with mocha', async () => {
      expect(await run('node_modules/mocha/bin/mocha.js', join(folder, 'mocha.spec.ts'))).to.match(/2 passing/).and.not.match(/failing|pending/)
    })

    it('that pass, with node:test', async () => {
      expect(await run('--import', 'tsx', '--test', join(folder, 'node.test.ts'))).to.match(/pass 2\n/).and.match(/fail 0\n/)
    })
  })
})
