// A tiny authoritative DNS server on loopback: answers from a zone that a test changes while it runs.

import * as packet from 'dns-packet'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { Resolver } from 'node:dns/promises'
import type { Answer, Packet } from 'dns-packet'

/** RFC 1035 §4.1.1 */
const RCODES = { NOERROR: 0, SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 } as const

export interface DnsServer {
  /** What there is; anything else does not exist. */
  records: Answer[]
  /** What every question is answered with, whatever there is; 'silence' = nothing, 'garbage' = bytes that are no DNS. */
  failure: keyof typeof RCODES | 'silence' | 'garbage' | undefined
  /** Questions so far. */
  questions: number
  /** Asks this server alone, and waits for a quarter of a second. */
  resolver: () => Resolver
  stop: () => Promise<void>
}

export async function startDnsServer (): Promise<DnsServer> {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  const server: DnsServer = {
    records: [],
    failure: undefined,
    questions: 0,
    resolver: () => {
      const resolver = new Resolver({ timeout: 250, tries: 1 })
      resolver.setServers([`127.0.0.1:${port}`])
      return resolver
    },
    stop: async () => {
      socket.close()
      await once(socket, 'close')
    }
  }
  socket.on('message', (bytes, { port, address }) => {
    server.questions++
    const answer = answerOf(server, packet.decode(bytes))
    if (answer !== undefined) socket.send(answer, port, address)
  })
  return server
}

function answerOf ({ records, failure }: DnsServer, { id, questions = [] }: Packet): Uint8Array | undefined {
  if (failure === 'silence') return undefined
  if (failure === 'garbage') return Buffer.from('this is no DNS')
  const question = questions[0]
  const ofName = records.filter(({ name }) => name === question?.name.toLowerCase())
  const rcode = failure ?? (ofName.length === 0 ? 'NXDOMAIN' : 'NOERROR')
  return packet.encode({
    type: 'response',
    ...(id === undefined ? {} : { id }),
    flags: packet.AUTHORITATIVE_ANSWER | RCODES[rcode],
    questions,
    answers: failure === undefined ? ofName.filter(({ type }) => type === question?.type) : []
  })
}
