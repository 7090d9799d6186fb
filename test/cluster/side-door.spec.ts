// The side door of real members: values over HTTP, what it refuses, and what it answers to hostile input.

import { expect } from 'chai'
import { request } from 'node:http'
import { stopClusters } from '../support/clusters.js'
import { closeDoors, HttpOrigin, openDoor, openDoors } from '../support/side-doors.js'
import { until } from '../support/until.js'

afterEach(async () => {
  await closeDoors()
  await stopClusters()
})

const TOKEN = 'a-token-of-the-tests'
const AUTHORIZED = { authorization: `Bearer ${TOKEN}` }
const ODD_KEYS = ['a/b', 'a//b/', '..', '.', '', ' ', '%', '%2F', '%252F', '?', '#', ':clear', 'tags/x', 'é', '😀', '\n', '\0', '+', '<img src=x onerror=alert(1)>', 'k'.repeat(2_000)]

/** One request to a path as it is written, which fetch would tidy up. */
function raw (url: string, path: string, { method = 'GET', headers = {} }: { method?: string, headers?: Record<string, string> } = {}): Promise<{ status: number, body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url)
    request({ hostname, port, path, method, headers }, response => {
      let body = ''
      response.on('data', chunk => { body += String(chunk) })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, body }) })
    }).on('error', reject).end()
  })
}

async function errorOf (response: Response): Promise<string> {
  return ((await response.json()) as { error: { name: string } }).error.name
}

describe('the side door', () => {
  it('keeps bytes and their type as they were put, for all members', async () => {
    const [one, other] = await openDoors(2)
    const body = Uint8Array.from({ length: 256 }, (_, i) => i)
    for (const key of ['k0', 'k1', 'k2', 'k3']) {
      const put = await fetch(`${one!.url}/v1/default/${key}`, { method: 'PUT', body, headers: { 'content-type': 'image/png' } })
      expect(put.status).to.equal(204)
      const got = await fetch(`${other!.url}/v1/default/${key}`)
      expect(got.status).to.equal(200)
      expect(got.headers.get('content-type')).to.equal('image/png')
      expect(new Uint8Array(await got.arrayBuffer())).to.deep.equal(body)
      expect((await fetch(`${other!.url}/v1/default/${key}`, { method: 'DELETE' })).status).to.equal(204)
      expect((await fetch(`${one!.url}/v1/default/${key}`)).status).to.equal(404)
    }
  })

  it('says of a value that no side door stored that it is none, and gives out the others beside it', async () => {
    const door = await openDoor()
    await fetch(`${door.url}/v1/default/good`, { method: 'PUT', body: 'good' })
    await door.groups.get('default')!.set('bad', Buffer.from('not of a side door'))
    const got = await fetch(`${door.url}/v1/default/bad`)
    expect([got.status, await errorOf(got)]).to.deep.equal([502, 'EnvelopeError'])
    const many = await fetch(`${door.url}/v1/default:getMany`, { method: 'POST', body: JSON.stringify({ keys: ['bad', 'good'] }) })
    const { values } = await many.json() as { values: Array<{ error?: { name: string }, value?: { body: string } }> }
    expect([values[0]?.error?.name, values[1]?.value?.body]).to.deep.equal(['EnvelopeError', 'good'])
  })

  it('tells every key from every other, however odd', async () => {
    const door = await openDoor()
    const inQuery = (key: string): string => `${door.url}/v1/default:key?key=${encodeURIComponent(key)}`
    for (const key of ODD_KEYS) expect((await fetch(inQuery(key), { method: 'PUT', body: `value of ${key}` })).status, key).to.equal(204)
    for (const key of ODD_KEYS) {
      expect(await (await fetch(inQuery(key))).text()).to.equal(`value of ${key}`)
      // these no path can hold
      if (['', '.', '..'].includes(key)) continue
      expect(await (await fetch(`${door.url}/v1/default/${encodeURIComponent(key)}`)).text(), key).to.equal(`value of ${key}`)
      expect(door.groups.get('default')!.peek(key), key).not.to.equal(undefined)
    }
  })

  it('refuses paths that mean different things to different programs', async () => {
    const door = await openDoor()
    for (const path of ['/v1/default/..', '/v1/default/%2e%2E/other/k', '/v1/default/./k', '/v1/default/%zz', '/v1/default/%ff', '/v1/default/k?x=y']) {
      expect((await raw(door.url, path, { method: 'DELETE' })).status, path).to.equal(400)
    }
    expect((await raw(door.url, '/v1/default/k', { method: 'POST' })).status).to.equal(405)
    expect((await raw(door.url, '/v1/default:toString')).status).to.equal(404)
    expect((await raw(door.url, '/v1/nosuch/k')).status).to.equal(404)
  })

  it('answers many keys at once, each with its own outcome', async () => {
    const origin = await HttpOrigin.start((request, response) => {
      if (request.url === '/bad') response.writeHead(500).end()
      else response.end(request.url === '/binary' ? Buffer.from([0xff, 0xfe]) : `value of ${request.url}`)
    })
    const [door] = await openDoors(2, { groups: { pages: { origin: `${origin.url}/{key}` } } })
    const response = await fetch(`${door!.url}/v1/pages:getMany`, { method: 'POST', body: JSON.stringify({ keys: ['a', 'bad', 'binary', 5] }) })
    expect(response.status).to.equal(200)
    const { values } = await response.json() as { values: Array<{ key: unknown, value?: { body: string, encoding: string }, error?: { name: string } }> }
    expect(values.map(({ key, value, error }) => [key, value?.encoding, value?.body, error?.name])).to.deep.equal([
      ['a', 'utf8', 'value of /a', undefined], ['bad', undefined, undefined, 'LoadError'], ['binary', 'base64', '//4=', undefined], [5, undefined, undefined, 'InvalidParametersError']
    ])
    for (const body of ['no json', '[]', '{}', '{"keys":"a"}', JSON.stringify({ keys: Array(4_097).fill('k') })]) {
      expect((await fetch(`${door!.url}/v1/pages:getMany`, { method: 'POST', body })).status, body.slice(0, 20)).to.equal(400)
    }
  })

  it('removes by tag, many, and all', async () => {
    const [one, other] = await openDoors(2)
    const put = async (key: string): Promise<unknown> => fetch(`${one!.url}/v1/default/${key}`, { method: 'PUT', body: 'v', headers: key.startsWith('red') ? { 'cache-tag': 'red, other' } : {} })
    const left = async (): Promise<string[]> => {
      const keys = ['red1', 'red2', 'blue1', 'blue2']
      const statuses = await Promise.all(keys.map(async key => (await fetch(`${other!.url}/v1/default/${key}`)).status))
      return keys.filter((_, i) => statuses[i] === 200)
    }
    const post = async (operation: string, body = {}): Promise<number> => (await fetch(`${other!.url}/v1/default:${operation}`, { method: 'POST', body: JSON.stringify(body) })).status
    for (const key of ['red1', 'red2', 'blue1', 'blue2']) await put(key)
    expect(await left()).to.deep.equal(['red1', 'red2', 'blue1', 'blue2'])
    expect(await post('removeByTag', { tag: 'red' })).to.equal(204)
    expect(await left()).to.deep.equal(['blue1', 'blue2'])
    expect(await post('removeMany', { keys: ['blue1'] })).to.equal(204)
    expect(await left()).to.deep.equal(['blue2'])
    expect(await post('clear')).to.equal(204)
    expect(await left()).to.deep.equal([])
    expect(await post('removeByTag', { tag: 5 })).to.equal(400)
    expect(await post('removeByTag', { tag: '' })).to.equal(400)
  })

  it('tells who owns a key, and who would take its place', async () => {
    const [one, other] = await openDoors(2)
    const ask = async (url: string): Promise<{ owner: { name: string }, successor: { name: string }, cachedAt: Array<{ name: string, where: string }>, unknown: unknown[] }> => (await fetch(`${url}/v1/default:owner?key=a%2Fb`)).json() as never
    const answer = await ask(one!.url)
    const owner = one!.groups.get('default')!.owner('a/b').name
    expect(answer.owner.name).to.equal(owner)
    expect(answer.successor.name).to.equal(owner === 'n0' ? 'n1' : 'n0')
    expect([answer.cachedAt, answer.unknown]).to.deep.equal([[], []])
    await fetch(`${one!.url}/v1/default/a%2Fb`, { method: 'PUT', body: 'v' })
    for (const { url } of [one!, other!]) expect((await ask(url)).cachedAt.map(({ name, where }) => [name, where])).to.deep.equal([[owner, 'main']])
    for (const { url } of [one!, other!]) await fetch(`${url}/v1/default/a%2Fb`)
    expect((await ask(one!.url)).cachedAt.map(({ name, where }) => [name, where]).sort()).to.deep.equal([['n0', 'n1'].map(name => [name, name === owner ? 'main' : 'hot'])].flat())
    expect((await ask(other!.url)).owner.name).to.equal(owner)
  })

  it('shows its cluster, and a member that goes', async () => {
    const doors = await openDoors(3)
    const members = async (): Promise<Array<{ name: string, state: string, share: number }>> => ((await (await fetch(`${doors[0]!.url}/v1/members`)).json()) as { members: never }).members
    expect((await members()).map(({ name, state }) => `${name} ${state}`)).to.deep.equal(['n0 alive', 'n1 alive', 'n2 alive'])
    expect((await members()).reduce((sum, { share }) => sum + share, 0)).to.be.closeTo(1, 1e-9)
    await doors[2]!.cache.stop()
    await until(async () => (await members())[2]?.state === 'left')
    const status = await (await fetch(`${doors[0]!.url}/v1/status`)).json() as Record<string, unknown>
    expect(status).to.include({ service: 'groupcache', name: 'n0', members: 2, cluster: 'test' })
  })

  it('is healthy while it runs, and ready while its member does', async () => {
    const door = await openDoor()
    expect((await fetch(`${door.url}/healthz`)).status).to.equal(200)
    expect((await fetch(`${door.url}/readyz`)).status).to.equal(200)
    await door.cache.stop()
    expect((await fetch(`${door.url}/healthz`)).status).to.equal(200)
    expect((await fetch(`${door.url}/readyz`)).status).to.equal(503)
    expect(await errorOf(await fetch(`${door.url}/v1/default/k`))).to.equal('NotStartedError')
  })

  it('passes metrics on where it is given some', async () => {
    const [without, withSome] = [await openDoor(), await openDoor({ metrics: async () => 'groupcache_gets_total 1\n' })]
    expect((await fetch(`${without.url}/metrics`)).status).to.equal(404)
    expect(await (await fetch(`${withSome.url}/metrics`)).text()).to.equal('groupcache_gets_total 1\n')
  })
})

describe('the safety of the side door', () => {
  it('refuses to listen beyond loopback without a token', async () => {
    const err = await openDoor({ host: '0.0.0.0' }).then(() => undefined, (err: unknown) => err as Error)
    expect(err).to.include({ name: 'InvalidParametersError' })
    expect(err?.message).to.include('0.0.0.0 is not loopback')
  })

  it('wants the token for changes, and for everything when it listens beyond loopback', async () => {
    const local = await openDoor({ token: TOKEN })
    const open = await openDoor({ token: TOKEN, host: '0.0.0.0' })
    const statusOf = async (port: number, path: string, method = 'GET', headers = {}): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...(method === 'PUT' ? { body: 'v' } : {}) })).status
    expect(await statusOf(local.port, '/v1/status')).to.equal(200)
    expect(await statusOf(open.port, '/v1/status')).to.equal(401)
    for (const { port } of [local, open]) {
      for (const method of ['PUT', 'DELETE']) {
        expect(await statusOf(port, '/v1/default/k', method)).to.equal(401)
        expect(await statusOf(port, '/v1/default/k', method, { authorization: 'Bearer a-wrong-token-of-tests' })).to.equal(401)
        expect(await statusOf(port, '/v1/default/k', method, AUTHORIZED)).to.equal(204)
      }
      expect(await statusOf(port, '/v1/default:clear', 'POST')).to.equal(401)
      expect(await statusOf(port, '/v1/default:clear', 'POST', AUTHORIZED)).to.equal(204)
      expect(await statusOf(port, '/healthz')).to.equal(200)
      expect(await statusOf(port, '/')).to.equal(200)
      expect(await statusOf(port, '/', 'POST')).to.equal(401)
    }
    for (const path of ['/metrics', '/v1/events', '/v1/members', '/v1/default/k', '/v1/default:owner?key=k']) expect(await statusOf(open.port, path), path).to.equal(401)
    expect(await statusOf(local.port, '/v1/status', 'GET', { authorization: 'Bearer a-wrong-token-of-tests' })).to.equal(401)
  })

  it('stops who guesses at tokens', async () => {
    const door = await openDoor({ token: TOKEN })
    const guess = async (): Promise<number> => (await fetch(`${door.url}/v1/default/k`, { method: 'DELETE', headers: { authorization: 'Bearer a-wrong-token-of-tests' } })).status
    const statuses = await Promise.all(Array.from({ length: 40 }, guess))
    expect(new Set(statuses)).to.deep.equal(new Set([401, 429]))
  })

  it('serves no page of another site, whatever name that gives this address', async () => {
    const door = await openDoor()
    for (const host of ['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example:4580', '[::2]']) {
      expect((await raw(door.url, '/v1/status', { headers: { host } })).status, host).to.equal(403)
    }
    for (const host of ['localhost', '127.0.0.1:1', 'LOCALHOST:80', '[::1]:80', 'cache.localhost']) {
      expect((await raw(door.url, '/v1/status', { headers: { host } })).status, host).to.equal(200)
    }
    const clear = async (headers: Record<string, string>): Promise<number> => (await raw(door.url, '/v1/default:clear', { method: 'POST', headers })).status
    expect(await clear({ origin: 'http://evil.example' })).to.equal(403)
    expect(await clear({ origin: 'null' })).to.equal(403)
    expect(await clear({ 'sec-fetch-site': 'cross-site' })).to.equal(403)
    expect(await clear({ origin: door.url, 'sec-fetch-site': 'same-origin' })).to.equal(204)
  })

  it('beyond loopback is asked for by any name until one is listed, and by its addresses always', async () => {
    const statusFor = async (url: string, host: string): Promise<number> => (await raw(url.replace('0.0.0.0', '127.0.0.1'), '/healthz', { headers: { host } })).status
    const [open, listed] = [await openDoor({ host: '0.0.0.0', token: TOKEN }), await openDoor({ host: '0.0.0.0', token: TOKEN, allowedHosts: ['cache.example'] })]
    expect(await statusFor(open.url, 'evil.example')).to.equal(200)
    for (const host of ['cache.example', 'CACHE.example:80', '10.1.2.3:4580', '[fd00::1]:4580', '127.0.0.1', 'localhost']) expect(await statusFor(listed.url, host), host).to.equal(200)
    for (const host of ['evil.example', '10.1.2.3.evil.example', 'cache.example.evil.example']) expect(await statusFor(listed.url, host), host).to.equal(403)
  })

  it('limits bodies, requests and what an origin may send', async () => {
    const origin = await HttpOrigin.start((_request, response) => response.end('x'.repeat(2_000)))
    const door = await openDoor({ maxBodyBytes: 1_000, rateLimit: 20, groups: { default: { origin: `${origin.url}/{key}` } } })
    expect(await errorOf(await fetch(`${door.url}/v1/default/k`, { method: 'PUT', body: 'x'.repeat(1_001) }))).to.equal('BodyTooLarge')
    expect((await fetch(`${door.url}/v1/default/k`, { method: 'PUT', body: 'x'.repeat(1_000) })).status).to.equal(204)
    expect(await errorOf(await fetch(`${door.url}/v1/default/large`))).to.equal('LoadError')
    const statuses = await Promise.all(Array.from({ length: 60 }, async () => (await fetch(`${door.url}/healthz`)).status))
    expect(new Set(statuses)).to.deep.equal(new Set([200, 429]))
  })

  it('sends headers that leave a hostile value nothing to do in a browser', async () => {
    const door = await openDoor()
    await fetch(`${door.url}/v1/default/k`, { method: 'PUT', body: '<script>alert(1)</script>', headers: { 'content-type': 'text/html' } })
    const { headers } = await fetch(`${door.url}/v1/default/k`)
    expect(headers.get('content-security-policy')).to.equal("sandbox; default-src 'none'")
    expect(headers.get('x-content-type-options')).to.equal('nosniff')
    expect(headers.get('cross-origin-resource-policy')).to.equal('same-origin')
    expect(headers.get('x-frame-options')).to.equal('DENY')
    const page = await fetch(door.url)
    expect(page.headers.get('content-security-policy')).to.include("default-src 'none'").and.not.include('unsafe')
  })

  it('asks no origin that leads back to it', async () => {
    const origin = await HttpOrigin.start((_request, response) => response.end())
    const door = await openDoor({ groups: { default: { origin: `${origin.url}/{key}` } } })
    origin.handler = (_request, response) => {
      fetch(`${door.url}/v1/default/other`, { headers: { 'cdn-loop': 'groupcache' } }).then(({ status }) => response.writeHead(status).end(), () => response.destroy())
    }
    expect((await fetch(`${door.url}/v1/default/k`)).status).to.equal(502)
    expect(origin.asked).to.deep.equal(['/k'])
  })
})
