// Bytes of the news topic and of tables, into what takes them for a member record, and what is done with the record then.

import { MAX_ADDRESSES, MAX_NAME_BYTES, MAX_RECORD_BYTES } from '../../../src/constants.js'
import { MAX_INCARNATION, isPresent, saysTheSame, supersedes } from '../../../src/membership/member-record.js'
import { memberAddresses, parsePeerId } from '../../../src/rpc/addresses.js'
import { decodeRecord, encodeRecord } from '../../../src/rpc/news-topic.js'
import { mutated } from '../mutate.js'
import { must } from '../target.js'
import { recordText } from './valid-records.js'
import type { Target } from '../target.js'

export const records: Target<Uint8Array> = {
  name: 'records',
  what: 'member records of news and tables, and their addresses',
  weight: 10,
  generate (random) {
    const bytes = Buffer.from(recordText(random))
    return random.way<Uint8Array>(
      [5, () => bytes],
      [4, () => mutated(bytes, random, random.chance(0.3) ? Buffer.from(recordText(random)) : bytes)],
      [1, () => Buffer.from(`${'['.repeat(random.size(9_000))}${random.text()}`)]
    )
  },
  run (bytes) {
    const record = decodeRecord(bytes)
    if (record === undefined) return 'refused'
    must(bytes.length <= MAX_RECORD_BYTES, `a record of ${bytes.length} bytes`)
    must(parsePeerId(record.id)?.toString() === record.id, `${record.id} is no peer id`)
    must(Buffer.byteLength(record.name) <= MAX_NAME_BYTES && record.name !== '', `the name ${record.name}`)
    must(Number.isSafeInteger(record.incarnation) && record.incarnation >= 0 && record.incarnation <= MAX_INCARNATION, `the incarnation ${record.incarnation}`)
    must(record.addresses.length <= MAX_ADDRESSES, `${record.addresses.length} addresses`)
    must(Object.keys(record).length === 7, `the fields ${Object.keys(record).join()}`)
    const again = decodeRecord(encodeRecord(record))
    must(again !== undefined && saysTheSame(again, record) && again.incarnation === record.incarnation, 'passed on, it is another one')
    must(!supersedes(record, again), 'it is newer than itself')
    isPresent(record)
    for (const address of memberAddresses(record.addresses, record.id)) must(address.toString().endsWith(`/p2p/${record.id}`), `the address ${address.toString()}`)
    return 'accepted'
  }
}
