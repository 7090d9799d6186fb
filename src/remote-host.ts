// Whom a limit is for that holds for each host by itself.

import { isIPv6 } from 'node:net'

/** An address, and of IPv6 the /64, because one host has as many addresses as it wants within it. @param address - an IP address; '' where there is none */
export function hostAt (address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/, '')
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('::')
  const front = head === '' ? [] : head.split(':')
  const back = tail === undefined || tail === '' ? [] : tail.split(':')
  const groups = tail === undefined ? front : [...front, ...Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0'), ...back]
  return groups.slice(0, 4).map(group => parseInt(group, 16).toString(16)).join(':')
}
