// The live page of a member of a real cluster, in a real browser. `SCREENSHOTS=docs/images` keeps what it looks like.

import { expect } from 'chai'
import { join } from 'node:path'
import { CHROMIUM, openBrowser } from '../support/browser.js'
import { endServed, serve } from '../support/cli.js'
import { until } from '../support/until.js'
import type { Served } from '../support/cli.js'
import type { Browser, Page } from 'playwright-core'

const HOSTILE = '<img src=x onerror="window.wasHurt=1">'

describe('the live page', function () {
  this.timeout(90_000)
  let browser: Browser
  let members: Served[]

  before(async function () {
    if (CHROMIUM === undefined) {
      console.log('      skipped: there is no Chromium here; CI installs it (apt-get install chromium)')
      this.skip()
    }
    browser = await openBrowser()
  })
  after(async () => { if (CHROMIUM !== undefined) await browser.close() })
  beforeEach(async () => {
    const first = await serve('m0', [])
    members = [first, ...await Promise.all(['m1', 'm2'].map(name => serve(name, [first.address])))]
    for (const { url } of members) await until(async () => ((await (await fetch(`${url}/v1/status`)).json()) as { members: number }).members === 3)
  })
  afterEach(endServed)

  async function open (options: Parameters<Browser['newPage']>[0] = {}): Promise<{ page: Page, faults: string[] }> {
    const page = await browser.newPage(options)
    const faults: string[] = []
    page.on('pageerror', err => { faults.push(err.message) })
    page.on('console', message => { if (message.type() === 'error') faults.push(message.text()) })
    page.on('request', request => { if (!request.url().startsWith((members[0] as Served).url) && !request.url().startsWith('data:')) faults.push(`a request to ${request.url()}`) })
    await page.goto((members[0] as Served).url)
    await page.waitForFunction(() => document.querySelectorAll('#members tr').length === 3)
    return { page, faults }
  }

  it('shows three members; one that is killed within 3 s; and who owns a key, as the API says', async () => {
    const { page, faults } = await open()
    const [first, , third] = members as [Served, Served, Served]
    expect(await page.locator('#members tr').allInnerTexts().then(rows => rows.map(row => row.split('\t').slice(0, 2).join(' ').trim()))).to.deep.equal(['m0 (this one) alive', 'm1 alive', 'm2 alive'])
    expect(await page.locator('#ring').getAttribute('aria-label')).to.match(/^the ring: m0 \d+\.\d %, m1 \d+\.\d %, m2 \d+\.\d %$/)
    for (const key of ['a', 'k/1', 'ключ']) {
      await page.getByLabel('key', { exact: true }).fill(key)
      await page.keyboard.press('Enter')
      await page.waitForFunction(key => document.querySelector('#owner dd')?.textContent === key, key)
      const { owner, successor } = await (await fetch(`${first.url}/v1/default:owner?key=${encodeURIComponent(key)}`)).json() as { owner: { name: string }, successor: { name: string } }
      expect((await page.locator('#owner dd').allInnerTexts()).slice(1, 3)).to.deep.equal([owner.name, successor.name])
    }
    await third.kill()
    await page.waitForFunction(() => document.querySelector('#members tr[data-name="m2"] .dead') !== null, undefined, { timeout: 3_000 })
    expect(await page.locator('#events li').first().innerText()).to.match(/^m2 failed/)
    expect(faults).to.deep.equal([])
    await page.close()
  })

  it('shows what is hostile as text, whatever it stands in', async () => {
    const { page, faults } = await open()
    const { url } = members[0] as Served
    const path = `${url}/v1/default/${encodeURIComponent(HOSTILE)}`
    await fetch(path, { method: 'PUT', body: HOSTILE, headers: { 'content-type': 'text/html' } })
    for (let i = 0; i < 5; i++) await fetch(path)
    await page.waitForFunction(key => document.querySelector('#hottest')?.textContent.includes(key), HOSTILE)
    await page.getByLabel('key', { exact: true }).fill(HOSTILE)
    await page.getByRole('button', { name: 'Look up' }).click()
    await page.waitForFunction(key => document.querySelector('#owner dd')?.textContent === key, HOSTILE)
    expect(await page.locator('img').count()).to.equal(0)
    expect(await page.evaluate(() => 'wasHurt' in window)).to.equal(false)
    // a value of HTML opened by itself is nobody's page
    const value = await browser.newPage()
    await value.goto(path)
    expect(await value.evaluate(() => 'wasHurt' in window)).to.equal(false)
    expect(faults).to.deep.equal([])
    await value.close()
    await page.close()
  })

  it('says that its member has gone, and goes on when it is back', async () => {
    const { page } = await open()
    const [first, second] = members as [Served, Served]
    const port = new URL(first.url).port
    await first.kill()
    await page.waitForFunction(() => document.querySelector('#connection')?.classList.contains('lost'))
    await serve('m0', [second.address], ['--http-port', port])
    await page.waitForFunction(() => document.querySelector('#connection')?.textContent === 'live' && document.querySelectorAll('#members .alive').length === 3)
    await page.close()
  })

  it('fits a desktop and a phone, light and dark, without a scroll bar across', async () => {
    const { url } = members[0] as Served
    await Promise.all(Array.from({ length: 60 }, (_, i) => fetch(`${url}/v1/default/item-${i % 17}`, i < 17 ? { method: 'PUT', body: `value ${i}` } : {})))
    for (const [width, height] of [[1280, 900], [390, 844]] as const) {
      for (const colorScheme of ['light', 'dark'] as const) {
        const { page, faults } = await open({ viewport: { width, height }, colorScheme })
        await page.waitForFunction(() => (document.querySelectorAll('#hottest li:not(.none)').length) > 0)
        expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth), `${width}`).to.equal(0)
        expect(faults).to.deep.equal([])
        if (process.env.SCREENSHOTS !== undefined) await page.screenshot({ path: join(process.env.SCREENSHOTS, `page-${width}-${colorScheme}.png`), fullPage: true })
        await page.close()
      }
    }
  })
})
