// Member records to tell of.

import type { MemberRecord } from '../../src/membership/member-record.js'

export const alive = (id: string, incarnation = 0): MemberRecord => ({ id, name: id, weight: 1, state: 'alive', incarnation, since: 0, addresses: [`/${id}`] })
export const suspect = (id: string, incarnation = 0): MemberRecord => ({ ...alive(id, incarnation), state: 'suspect' })
export const dead = (id: string, incarnation = 0): MemberRecord => ({ ...alive(id, incarnation), state: 'dead' })
export const left = (id: string, incarnation = 0): MemberRecord => ({ ...alive(id, incarnation), state: 'left' })
