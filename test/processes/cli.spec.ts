// The program `groupcache`, as its users run it: members that are processes, and commands that ask them.

import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cli, endServed, serve } from '../support/cli.js'
import { HttpOrigin, closeDoors } from '../support/side-doors.js'
import { until } from '../support/until.js'
import type { Served } from '../support/cli.js'

const TOKEN = 'a-token-of-the-tests'

async function cluster (count: number, args: readonly string[] = [], env: Record<string, string> = {}): Promise<Served[]> {
  const first = await serve('m0', [], args, env)
  const others = await Promise.all(Array.from({ length: count - 1 }, (_, i) => serve(`m${i + 1}`, [first.address], args, env)))
  const all = [first, ...others]
  for (const { url } of all) await until(async () => ((await (await fetch(`${url}/v1/status`)).json()) as { members: number }).members === count)
  return all
}

describe('the command line', function () {
  this.timeout(60_000)
  let folder: string
  before(async () => { folder = await mkdtemp(join(tmpdir(), 'groupcache-')) })
  after(() => rm(folder, { recursive: true }))
  afterEach(async () => {
    await endServed()
    await closeDoors()
  })

  it('serves members that find each other, load once from their origin, and are asked by commands', async () => {
    const origin = await HttpOrigin.start((request, response) => response.setHeader('cache-control', 'max-age=3600').end(`page ${request.url}`))
    const [a, b, c] = await cluster(3, ['--origin', `${origin.url}/pages/{key}`]) as [Served, Served, Served]
    const answers = await Promise.all([a, b, c, a, b, c].map(async ({ url }) => (await fetch(`${url}/v1/default/x`)).text()))
    expect(new Set(answers)).to.deep.equal(new Set(['page /pages/x']))
    expect(origin.asked).to.deep.equal(['/pages/x'])

    const status = await cli(['status', '--url', a.url])
    expect([status.code, status.err]).to.deep.equal([0, ''])
    expect(status.out).to.match(/^member m0 of cluster default, up for \d+ s: sees 3 members/)
    const members = JSON.parse((await cli(['members', '--json', '--url', b.url])).out) as Array<{ name: string, share: number }>
    expect(members.map(({ name }) => name)).to.deep.equal(['m0', 'm1', 'm2'])
    const named = await cli(['members'], { GROUPCACHE_URL: c.url })
    expect(named.out.split('\n')[3]).to.match(/^m2 \* +alive/)

    const owner = await cli(['owner', 'default', 'x', '--url', a.url])
    const found = JSON.parse((await cli(['owner', 'default', 'x', '--url', b.url, '--json'])).out) as { owner: { name: string }, cachedAt: Array<{ name: string, where: string }> }
    expect(owner.out).to.match(new RegExp(`^owner +${found.owner.name} `))
    expect(found.cachedAt.map(({ name }) => name).sort()).to.deep.equal(['m0', 'm1', 'm2'])
    expect(found.cachedAt.filter(({ where }) => where === 'main').map(({ name }) => name)).to.deep.equal([found.owner.name])

    expect(await cli(['remove', 'default', 'x', '--url', c.url])).to.deep.equal({ code: 0, out: 'removed x of default\n', err: '' })
    expect((await cli(['owner', 'default', 'x', '--url', a.url])).out).to.include('in memory  nowhere')

    const top = await cli(['top', '--count', '1', '--url', a.url])
    expect(top.out).to.include('member m0 of cluster default').and.include('m2').and.not.include('\x1b')

    const metrics = await (await fetch(`${a.url}/metrics`)).text()
    expect(metrics).to.match(/groupcache_gets_total\{group="default"\} \d/)
    expect(await b.kill('SIGTERM')).to.equal(0)
    await until(async () => (await cli(['members', '--url', a.url])).out.includes('left'))
  })

  it('says in one line, with exit code 2, that there is nobody to ask, or that it may not', async () => {
    const [member] = await cluster(1, [], { GROUPCACHE_TOKEN: TOKEN }) as [Served]
    const stranger = await HttpOrigin.start((_request, response) => response.setHeader('content-type', 'application/json').end('{"hello":1}'))
    const rude = await HttpOrigin.start((_request, response) => response.writeHead(500).end('<h1>no</h1>'))
    const gone = await HttpOrigin.start(() => {})
    const dead = gone.url
    await gone.close()
    const cases: Array<[string[], Record<string, string>, RegExp]> = [
      [['status', '--url', dead], {}, /cannot be reached: ECONNREFUSED/],
      [['status', '--url', stranger.url], {}, /is not the side door of a groupcache member/],
      [['status', '--url', rude.url], {}, /is not the side door of a groupcache member: it answered 500/],
      [['status', '--url', member.url], { GROUPCACHE_TOKEN: 'a-wrong-token-of-tests' }, /does not let us in: the token is wrong/],
      [['remove', 'default', 'k', '--url', member.url], {}, /does not let us in: a token is needed/],
      [['owner', 'nosuch', 'k', '--url', member.url], {}, /NoSuchGroup/],
      [['status', '--url', 'nonsense'], {}, /--url: expected one such as/],
      [['status', 'extra'], {}, /expected no arguments, got 1/],
      [['owner', 'default'], {}, /expected <group> <key>, got 1/],
      [['status', '--nonsense'], {}, /nonsense/],
      [['nonsense'], {}, /unknown command "nonsense"/],
      [['status', '--token-file', join(folder, 'none')], {}, /--token-file: ENOENT/],
      [['top', '--count', 'x', '--url', member.url], {}, /--count: expected a number/]
    ]
    for (const [args, env, expected] of cases) {
      const { code, out, err } = await cli(args, env)
      expect([code, out], args.join(' ')).to.deep.equal([2, ''])
      expect(err, args.join(' ')).to.match(expected).and.match(/^groupcache: [^\n]+\n$/)
    }
    expect((await cli(['status', '--url', member.url], { GROUPCACHE_TOKEN: TOKEN })).code).to.equal(0)
  })

  it('takes options from flags, else the environment, else a file; and says which is wrong', async () => {
    const config = join(folder, 'config.json')
    await writeFile(config, JSON.stringify({ cluster: 'of the file', group: ['one', 'two'], 'http-port': 0, discovery: ['none'], listen: ['/ip4/127.0.0.1/tcp/0'] }))
    const member = await serve('named', [], ['--config', config, '--cluster', 'of the flag'], { GROUPCACHE_CLUSTER: 'of the environment' })
    const status = await (await fetch(`${member.url}/v1/status`)).json() as { cluster: string, served: string[] }
    expect([status.cluster, status.served]).to.deep.equal(['of the flag', ['one', 'two']])
    const bad = join(folder, 'bad.json')
    const cases: Array<[object | string, string[], RegExp]> = [
      [{ nonsense: 1 }, [], /unknown "nonsense"; known are cluster/],
      [{ 'http-port': 'x' }, [], /http-port: expected a number, got "x"/],
      [{ listen: 5 }, [], /listen: expected a list of texts, got 5/],
      [[], [], /expected a JSON object/],
      ['{', [], /--config: /],
      [{}, ['--discovery', 'nonsense'], /discovery: expected mdns/],
      [{ discovery: ['none'], listen: ['/ip4/127.0.0.1/tcp/0'] }, ['--http-host', '0.0.0.0'], /token: expected one, because 0.0.0.0 is not loopback/],
      [{ discovery: ['none'], listen: ['/ip4/127.0.0.1/tcp/0'] }, ['--origin', 'http://127.0.0.1/'], /origin: expected a URL/]
    ]
    for (const [content, args, expected] of cases) {
      await writeFile(bad, typeof content === 'string' ? content : JSON.stringify(content))
      const { code, err } = await cli(['serve', '--config', bad, ...args])
      expect(code, err).to.equal(2)
      expect(err).to.match(expected).and.match(/^groupcache: [^\n]+\n$/)
    }
  })

  it('helps', async () => {
    for (const name of ['serve', 'status', 'members', 'owner', 'top', 'remove']) {
      const { code, out } = await cli([name, '--help'])
      expect([code, out.startsWith(`groupcache ${name}`)], out).to.deep.equal([0, true])
    }
    expect((await cli(['--help'])).out).to.include('groupcache <command> --help says more.')
    expect((await cli([])).code).to.equal(2)
  })
})
