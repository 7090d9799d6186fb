// Keys as applications have them, and names as members have them: what placement has to spread evenly.

import { seeded } from '../../test/support/seeds.js'

export type Family = (i: number) => string

/** @param seed - of those that are random */
export function keyFamilies (seed: number): Record<string, Family> {
  const random = seeded(seed)
  const hex8 = (): string => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')
  return {
    random: () => hex8() + hex8(),
    uuid: () => {
      const [a, b, c, d] = [hex8(), hex8(), hex8(), hex8()]
      return `${a}-${b.slice(0, 4)}-4${b.slice(5)}-a${c.slice(1, 4)}-${c.slice(4)}${d}`
    },
    'key-0': i => `key-${i}`,
    'user:0': i => `user:${i}`,
    'zero-padded': i => String(i).padStart(10, '0'),
    ip: i => `10.${i >>> 16}.${i >>> 8 & 255}.${i & 255}`,
    url: i => `https://example.com/products/${i}/reviews?page=${i % 7}`,
    'non-ASCII': i => `ключ/日本語/${i}/😀`
  }
}

export const memberNames: Record<string, Family> = {
  pod: i => `web-${i}`,
  address: i => `10.0.${i >>> 8}.${i & 255}:7000`,
  'peer id': i => `12D3KooW${(Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(36)}${(Math.imul(i + 7, 0x85ebca6b) >>> 0).toString(36)}`
}
