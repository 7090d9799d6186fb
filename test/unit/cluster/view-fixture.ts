// Views of clusters with members of any names, for the specs beside this file.

import { View } from '../../../src/cluster/view.js'
import type { MemberRecord } from '../../../src/membership/member-record.js'

/** Ids in their order, so that ties are known. */
export const [A, B, C, D] = [
  '12D3KooWCACr4LciSpr5KCvPXH4WFDRnNzxHJLUDHTfQSjRXs9Hi',
  '12D3KooWERwfiez4KRE7Yzh1kCpUqfRjPNJiBfEgSkMAJMXiieR1',
  '12D3KooWGAvobtmvxV6wyd4UQ3QYgtGBiTDpzoyLwjfHkH1Fu4dF',
  '12D3KooWPwGgQfBHDxjxqw3Hq4jSusLQ23EbJchZZiRHcCPt33Jg'
] as const

export function record (id: string, rest: Partial<MemberRecord> = {}): MemberRecord {
  return { id, name: `name of ${id}`, weight: 1, state: 'alive', incarnation: 0, since: 0, addresses: [], ...rest }
}

export function viewOf (self: string, ...others: string[]): View {
  const view = new View(self)
  for (const id of [self, ...others]) view.put(record(id))
  return view
}

/** The first of k0, k1, … whose members come in this order. */
export function keyRanked (view: View, ...order: string[]): string {
  for (let i = 0; i < 10_000; i++) {
    const ranked = view.owners(`k${i}`, order.length)
    if (order.every((id, place) => ranked[place] === id)) return `k${i}`
  }
  throw new Error(`no key of 10,000 has the order ${order.join()}`)
}
