// What an origin's headers say, as a table: RFC 9111 and RFC 5861.

import { expect } from 'chai'
import { parseCacheControl, timesOf } from '../../../src/side-door/cache-control.js'

const DEFAULTS = { ttl: 60_000, negativeTtl: 10_000, staleWhileRevalidate: 7_000, staleIfError: 8_000 }
const NOW = Date.parse('2026-01-01T00:00:00Z')
const NOT_KEPT = [0, 0, 0]

type Row = [what: string, status: number, headers: Record<string, string>, times: number[]]

const TABLE: Row[] = [
  ['nothing', 200, {}, [60_000, 7_000, 8_000]],
  ['max-age', 200, { 'cache-control': 'max-age=30' }, [30_000, 7_000, 8_000]],
  ['max-age=0', 200, { 'cache-control': 'max-age=0' }, [0, 7_000, 8_000]],
  ['max-age in quotes, with other case and spaces', 200, { 'cache-control': ' Public , MAX-AGE="30" ' }, [30_000, 7_000, 8_000]],
  ['a max-age that is no number', 200, { 'cache-control': 'max-age=soon' }, [0, 7_000, 8_000]],
  ['two of max-age', 200, { 'cache-control': 'max-age=30, max-age=10' }, [10_000, 7_000, 8_000]],
  ['s-maxage before max-age, and nothing old unless it says so', 200, { 'cache-control': 'max-age=30, s-maxage=90' }, [90_000, 0, 0]],
  ['stale-while-revalidate', 200, { 'cache-control': 'max-age=30, stale-while-revalidate=5' }, [30_000, 5_000, 8_000]],
  ['stale-if-error', 200, { 'cache-control': 'max-age=30, stale-if-error=5' }, [30_000, 7_000, 5_000]],
  ['s-maxage with stale-if-error', 200, { 'cache-control': 's-maxage=30, stale-if-error=5' }, [30_000, 0, 5_000]],
  ['must-revalidate', 200, { 'cache-control': 'max-age=30, must-revalidate, stale-if-error=5' }, [30_000, 0, 0]],
  ['proxy-revalidate', 200, { 'cache-control': 'max-age=30, proxy-revalidate' }, [30_000, 0, 0]],
  ['no-store', 200, { 'cache-control': 'no-store, max-age=30' }, NOT_KEPT],
  ['no-cache', 200, { 'cache-control': 'no-cache, max-age=30' }, NOT_KEPT],
  ['private', 200, { 'cache-control': 'private, max-age=30' }, NOT_KEPT],
  ['Vary: *', 200, { vary: '*', 'cache-control': 'max-age=30' }, NOT_KEPT],
  ['Vary on a header', 200, { vary: 'Accept', 'cache-control': 'max-age=30' }, [30_000, 7_000, 8_000]],
  ['Age', 200, { age: '10', 'cache-control': 'max-age=30' }, [20_000, 7_000, 8_000]],
  ['more Age than max-age', 200, { age: '100', 'cache-control': 'max-age=30' }, [0, 7_000, 8_000]],
  ['Expires and Date', 200, { expires: 'Thu, 01 Jan 2026 00:01:00 GMT', date: 'Thu, 01 Jan 2026 00:00:30 GMT' }, [30_000, 7_000, 8_000]],
  ['Expires alone', 200, { expires: 'Thu, 01 Jan 2026 00:01:00 GMT' }, [60_000, 7_000, 8_000]],
  ['Expires: 0', 200, { expires: '0' }, [0, 7_000, 8_000]],
  ['max-age before Expires', 200, { expires: '0', 'cache-control': 'max-age=30' }, [30_000, 7_000, 8_000]],
  ['404', 404, {}, [10_000, 0, 0]],
  ['410', 410, {}, [10_000, 0, 0]],
  ['404 with max-age', 404, { 'cache-control': 'max-age=30' }, [30_000, 0, 0]],
  ['301', 301, {}, [60_000, 7_000, 8_000]],
  ['302', 302, {}, NOT_KEPT],
  ['302 with max-age', 302, { 'cache-control': 'max-age=30' }, [30_000, 7_000, 8_000]],
  ['403', 403, {}, NOT_KEPT]
]

describe('how long an answer of the origin lives', () => {
  for (const [what, status, headers, times] of TABLE) {
    it(`with ${what}: ${times.map(ms => ms / 1_000).join(', ')} s`, () => {
      const { fresh, staleWhileRevalidate, staleIfError } = timesOf({ status, headers: new Headers(headers) }, DEFAULTS, NOW)
      expect([fresh, staleWhileRevalidate, staleIfError]).to.deep.equal(times)
    })
  }

  it('is bounded, however large its number', () => {
    const times = timesOf({ status: 200, headers: new Headers({ 'cache-control': `max-age=${'9'.repeat(50)}` }) }, DEFAULTS, NOW)
    expect(times.fresh).to.equal(2 ** 31 * 1_000)
  })

  it('is read from directives with commas in quotes', () => {
    expect([...parseCacheControl('no-cache="a, max-age=5", max-age=7')]).to.deep.equal([['no-cache', 'a, max-age=5'], ['max-age', '7']])
  })
})
