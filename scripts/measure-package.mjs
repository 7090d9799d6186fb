// What it costs to depend on this package: packs it, installs it into an empty folder, and looks.
//
//     node scripts/measure-package.mjs
//
// Needs a registry; takes a minute. docs/dependencies.md has what it said.

import { execFileSync, spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RUNS = 9
const folder = mkdtempSync(join(tmpdir(), 'groupcache-package-'))
process.on('exit', () => { rmSync(folder, { recursive: true, force: true }) })

const [packed] = JSON.parse(execFileSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).replace(/^[^[]*(?=\[\s*\{)/, ''))
writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "private": true, "type": "module" }')
execFileSync('npm', ['install', '--no-audit', '--no-fund', '--silent', join(folder, packed.filename)], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })

/** By place in the tree, as npm has installed it. */
const { packages } = JSON.parse(readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8'))
const places = Object.keys(packages)
const sizes = new Map(places.map(place => [place, sizeOf(join(folder, place))]))
const total = sum(sizes.values())
const own = packages['node_modules/groupcache']

console.log(`tarball                 ${kB(packed.size)}, unpacked ${kB(packed.unpackedSize)}, ${packed.entryCount} files`)
console.log(`installed               ${kB(total)}, ${places.length} packages, this one included\n`)
console.log('run-time dependency                   itself   with what it alone needs   licence')
for (const name of Object.keys({ ...own.dependencies, ...own.optionalDependencies }).sort()) {
  const place = resolve('node_modules/groupcache', name)
  if (place === undefined) continue
  const left = reachable(name)
  const gone = places.filter(each => !left.has(each))
  console.log(`${`${name} ${packages[place].version}`.padEnd(36)} ${kB(sizes.get(place)).padStart(9)}   ${kB(sum(gone.map(each => sizes.get(each)))).padStart(9)} in ${String(gone.length).padStart(3)} packages   ${packages[place].license}`)
}

console.log('')
for (const [what, names] of [['side door', ['hono', '@hono/node-server']], ['its metrics', ['prom-client', '@libp2p/prometheus-metrics']], ['mDNS', ['@libp2p/mdns', 'multicast-dns']]]) {
  const left = reachable(...names)
  const gone = places.filter(each => !left.has(each))
  console.log(`${`${what}: ${names.join(' + ')}`.padEnd(58)} ${kB(sum(gone.map(each => sizes.get(each)))).padStart(9)} in ${String(gone.length).padStart(3)} packages`)
}

console.log('\nlicences of all         ' + tally(places.map(place => packages[place].license ?? 'none given')))
console.log('scripts at install      ' + (places.filter(place => packages[place].hasInstallScript).map(place => place.slice(13)).join(', ') || 'none'))

console.log(`\nimport, in a new process, the shortest of ${RUNS}, without the ${ms(shortest(() => start('0')))} of Node itself`)
for (const entry of ['groupcache', 'groupcache/testing', 'groupcache/side-door']) {
  const bare = shortest(() => start('0'))
  const code = `await import('${entry}')`
  const rss = Number(run(`${code}; console.log(process.memoryUsage().rss)`))
  console.log(`${entry.padEnd(22)} ${ms(shortest(() => start(code)) - bare).padStart(8)}, ${kB(rss - Number(run('console.log(process.memoryUsage().rss)')))} of memory`)
}

function run (code) {
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return stdout
}

function start (code) {
  const begin = performance.now()
  run(code)
  return performance.now() - begin
}

/** Other work on the machine only adds. */
function shortest (measure) {
  return Math.min(...Array.from({ length: RUNS }, measure))
}

/** What is installed without some of the direct dependencies. */
function reachable (...without) {
  const found = new Set()
  const visit = place => {
    if (place === undefined || found.has(place)) return
    found.add(place)
    const { dependencies, optionalDependencies, peerDependencies } = packages[place]
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })) {
      if (place !== 'node_modules/groupcache' || !without.includes(name)) visit(resolve(place, name))
    }
  }
  visit('node_modules/groupcache')
  return found
}

/** As Node looks for a package. */
function resolve (from, name) {
  for (let place = from; place !== ''; place = place.includes('/node_modules/') ? place.slice(0, place.lastIndexOf('/node_modules/')) : '') {
    if (packages[`${place}/node_modules/${name}`] !== undefined) return `${place}/node_modules/${name}`
  }
  return packages[`node_modules/${name}`] === undefined ? undefined : `node_modules/${name}`
}

/** Of the files of one package, those of packages inside it apart. */
function sizeOf (path) {
  return sum(readdirSync(path, { withFileTypes: true }).map(each => {
    if (each.name === 'node_modules') return 0
    const inside = join(path, each.name)
    return each.isDirectory() ? sizeOf(inside) : lstatSync(inside).size
  }))
}

function tally (values) {
  const counts = new Map()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => `${value} ${count}`).join(', ')
}

function sum (values) {
  return [...values].reduce((total, value) => total + value, 0)
}

function kB (bytes) {
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`
}

function ms (time) {
  return `${Math.round(time)} ms`
}
