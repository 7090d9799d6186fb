// Whether the package is what those who install it need: packs it once, and has publint, attw and knip look at it.
//
//     npm run check:package

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'groupcache-package-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })

/** What may be in it. */
const WANTED = /^(?:dist\/.*\.(?:js|d\.ts|html|css)|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/

const json = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
// what the build says comes first
const [packed] = JSON.parse(json.slice(json.search(/^\[$/m)))
const tarball = join(folder, packed.filename)
const unwanted = packed.files.map(({ path }) => path).filter(path => !WANTED.test(path))
if (unwanted.length > 0) fail(`nobody needs in the package: ${unwanted.join(', ')}`)
console.log(`${packed.filename}: ${packed.entryCount} files, ${Math.round(packed.size / 1_000)} kB, unpacked ${Math.round(packed.unpackedSize / 1_000)} kB`)

check('publint', ['run', tarball, '--strict'])
check('attw', [tarball, '--profile', 'esm-only', '--no-emoji', '--format', 'ascii'])
check('knip', [])

function check (tool, args) {
  console.log(`\n${tool}`)
  try {
    execFileSync(process.execPath, [binOf(tool), ...args], { cwd: root, stdio: 'inherit' })
  } catch {
    fail(`${tool} is not content`)
  }
}

function binOf (tool) {
  return join(root, 'node_modules/.bin', tool)
}

function fail (reason) {
  console.error(reason)
  process.exit(1)
}
