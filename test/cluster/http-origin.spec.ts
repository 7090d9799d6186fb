// A side door in front of a real origin: what its headers say is what clients see.

import { expect } from 'chai'
import { stopClusters } from '../support/clusters.js'
import { HttpOrigin, closeDoors, openDoors } from '../support/side-doors.js'
import { until } from '../support/until.js'

describe('a side door in front of an origin', () => {
  afterEach(async () => {
    await closeDoors()
    await stopClusters()
  })

  /** The n-th answer of the origin says so, until it is told to fail. */
  async function start (headers: Record<string, string>, status = 200): Promise<{ origin: HttpOrigin, get: (at: number) => Promise<Response>, fails: { is: boolean } }> {
    const fails = { is: false }
    const origin = await HttpOrigin.start((_request, response) => {
      response.writeHead(fails.is ? 500 : status, headers).end(`answer ${origin.asked.length}`)
    })
    const doors = await openDoors(2, { groups: { pages: { origin: `${origin.url}/{key}` } } })
    return { origin, fails, get: at => fetch(`${doors[at]?.url}/v1/pages/k`) }
  }

  it('fetches a fresh answer once, for all members, and says its age', async () => {
    const { origin, get } = await start({ 'cache-control': 'max-age=60', etag: '"1"', 'content-type': 'text/html' })
    for (const at of [0, 1, 0, 1]) {
      const response = await get(at)
      expect([response.status, response.headers.get('content-type'), response.headers.get('etag'), await response.text()]).to.deep.equal([200, 'text/html', '"1"', 'answer 1'])
      expect(Number(response.headers.get('age'))).to.be.within(0, 5)
    }
    expect(origin.asked).to.have.length(1)
  })

  it('says what is left of an answer that has been in other caches', async () => {
    const { get } = await start({ 'cache-control': 'max-age=600', age: '280' })
    for (const at of [0, 1]) {
      const { headers } = await get(at)
      const left = Number(/ttl=(-?\d+)/.exec(headers.get('cache-status') ?? '')?.[1])
      expect([Number(headers.get('age')) + left, left]).to.satisfy(([sum, left]: [number, number]) => Math.abs(sum - 600) <= 1 && left > 300 && left <= 320)
    }
  })

  it('is asked for the path and the query that a key is, where that is wanted, else for one segment', async () => {
    const origin = await HttpOrigin.start((request, response) => { response.end(request.url) })
    const [door] = await openDoors(1, { groups: { paths: { origin: `${origin.url}/{group}/{+key}` }, items: { origin: `${origin.url}/{group}/{key}` } } })
    const asked = async (path: string): Promise<string> => (await fetch(`${door?.url}/v1/${path}`)).text()
    expect(await asked('paths/docs/intro')).to.equal('/paths/docs/intro')
    expect(await asked('paths/docs/intro%3Fpage=2&a=%C3%BC%20%23')).to.equal('/paths/docs/intro?page=2&a=%C3%BC%20%23')
    // bytes of the key that are percent-encoded stay so: `a&b` in one parameter; what is no such byte does not
    expect(await asked('paths/docs/intro%3Fq=a%2526b%252F%25zz')).to.equal('/paths/docs/intro?q=a%26b%2F%25zz')
    expect(await asked('items/a%2526b')).to.equal('/items/a%2526b')
    expect(await asked('items/docs/intro')).to.equal('/items/docs%2Fintro')
    for (const group of ['paths', 'items']) expect((await fetch(`${door?.url}/v1/${group}:key?key=..`)).status, group).to.equal(502)
    for (const key of ['a/../../b', 'a/%2e%2E/b', '.%2e', '%2e/b']) expect((await fetch(`${door?.url}/v1/paths:key?key=${encodeURIComponent(key)}`)).status, key).to.equal(502)
  })

  it('fetches what may not be kept each time', async () => {
    const { origin, get } = await start({ 'cache-control': 'no-store' })
    expect([await (await get(0)).text(), await (await get(1)).text()]).to.deep.equal(['answer 1', 'answer 2'])
    expect(origin.asked).to.have.length(2)
  })

  it('passes a 404 on, and keeps it for as long as it says', async () => {
    const { origin, get } = await start({ 'cache-control': 'max-age=60' }, 404)
    for (const at of [0, 1]) expect((await get(at)).status).to.equal(404)
    expect(origin.asked).to.have.length(1)
  })

  it('answers with what is old at once while it is fetched anew, where that is allowed', async () => {
    const { origin, get } = await start({ 'cache-control': 'max-age=0, stale-while-revalidate=60' })
    expect(await (await get(0)).text()).to.equal('answer 1')
    await until(async () => (await (await get(0)).text()) !== 'answer 1')
    expect(origin.asked.length).to.be.greaterThan(1)
  })

  it('answers with what is old when the origin fails, where that is allowed, and says the failure where not', async () => {
    for (const [control, status] of [['max-age=0, stale-if-error=60', 200], ['max-age=0', 502]] as const) {
      const { fails, get } = await start({ 'cache-control': control })
      expect((await get(0)).status).to.equal(200)
      fails.is = true
      const response = await get(1)
      expect(response.status, control).to.equal(status)
      if (status === 502) expect(((await response.json()) as { error: { name: string } }).error.name).to.equal('LoadError')
      else expect(await response.text()).to.equal('answer 1')
      await closeDoors()
      await stopClusters()
    }
  })

  it('answers 304 to who has it already', async () => {
    const { get, origin } = await start({ 'cache-control': 'max-age=60', etag: 'W/"1"' })
    const { url } = await get(0)
    const response = await fetch(url, { headers: { 'if-none-match': '"0", "1"' } })
    expect([response.status, await response.text()]).to.deep.equal([304, ''])
    expect(origin.asked).to.have.length(1)
  })
})
