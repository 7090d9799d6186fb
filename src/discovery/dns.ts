// Discovery by DNS: every record of a name is a member. A Kubernetes headless service, a compose service, Consul.

import { Resolver, lookup } from 'node:dns/promises'
import { durationOption, hostnameOption, methodOption, objectOption, optionsObject, portOption } from '../validation.js'
import { Complaint } from './complaint.js'
import { NameRecords } from './name-records.js'
import { Polling } from './polling.js'
import type { Clock } from '../clock.js'
import type { Discovery } from '../interface/groupcache.js'
import type { NameResolver } from './name-records.js'

export interface DnsInit {
  /**
   * Whose A and AAAA records are the members; or, in the form `_service._proto.name`, whose SRV records are.
   * SRV names are taken as they are: no search domain is appended.
   */
  hostname: string
  /** Where the members listen. Needed, unless SRV records say so; beside SRV records it overrides theirs. */
  port?: number | undefined
  /** Milliseconds between two turns, give or take a quarter. @default 10_000 */
  interval?: number | undefined
  /** Who is asked. @default the system's name servers, and for what they do not know, the system itself (/etc/hosts, search domains) */
  resolver?: NameResolver | undefined
  /** For tests. @default the process's own */
  clock?: Clock | undefined
  /** For tests: numbers from 0 to 1. @default Math.random */
  random?: (() => number) | undefined
}

/** Of one question to one name server, and how often it is repeated. */
const QUERY = { timeout: 2_000, tries: 2 }
/** The pauses while nothing was ever found begin with this: at a deploy the records may come a moment later. */
const EAGER = { jitter: 0.25, first: 500 }

/**
 * Resolves a name at once and then every `interval`, and connects to all addresses that it has. No peer
 * ids are needed, and this node's own address among them does no harm. In manual mode those who answer
 * at the addresses become the peers; otherwise those not connected yet are. When the resolver fails, or
 * has no address any more, what is known stays.
 *
 * @throws InvalidParametersError when an option is wrong, or the port is missing
 */
export function dns (init: DnsInit): Discovery {
  const known = optionsObject<DnsInit>('dns options', objectOption('dns options', init), ['hostname', 'port', 'interval', 'resolver', 'clock', 'random'])
  const hostname = hostnameOption('dns hostname', known.hostname)
  const isService = hostname.startsWith('_')
  const port = known.port === undefined && isService ? undefined : portOption('dns port', known.port)
  const interval = durationOption('dns interval', known.interval, 10_000)
  const resolver = known.resolver === undefined ? undefined : resolverOption(known.resolver)
  return context => {
    const records = new NameRecords(hostname, port)
    const complaint = new Complaint()
    return new Polling(context, {
      what: `dns ${hostname}`,
      interval,
      eager: EAGER,
      ask: async ({ signal }) => {
        // the system's servers may be others than a moment ago
        const { addresses, failure } = await records.addresses(resolver ?? systemResolver(signal))
        if (failure === undefined) complaint.isOver()
        else if (complaint.isNew(failure)) context.log.error('not every question was answered, what was answered before counts - %e', failure)
        return addresses
      },
      clock: known.clock,
      random: known.random
    })
  }
}

function systemResolver (signal: AbortSignal): NameResolver {
  const resolver = new Resolver(QUERY)
  signal.addEventListener('abort', () => { resolver.cancel() }, { once: true })
  return {
    resolve4: name => resolver.resolve4(name),
    resolve6: name => resolver.resolve6(name),
    resolveSrv: name => resolver.resolveSrv(name),
    lookup
  }
}

function resolverOption (value: unknown): NameResolver {
  const resolver = objectOption('dns resolver', value) as Required<NameResolver>
  return {
    resolve4: methodOption(resolver, 'resolve4', 'dns resolver.resolve4'),
    resolve6: methodOption(resolver, 'resolve6', 'dns resolver.resolve6'),
    resolveSrv: methodOption(resolver, 'resolveSrv', 'dns resolver.resolveSrv'),
    ...((resolver as NameResolver).lookup === undefined ? {} : { lookup: methodOption(resolver, 'lookup', 'dns resolver.lookup') })
  }
}
