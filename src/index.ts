/**
 * @packageDocumentation
 *
 * One cache, shared by the copies of a Node.js service. The copies find each other, agree on who owns
 * which key, load every value once for the whole cluster, and survive any of them dying. There is no
 * server to run.
 *
 * ```ts
 * import { createGroupcache } from 'groupcache'
 *
 * const cache = await createGroupcache()
 * const users = cache.group<User>('users', { load: id => db.findUser(id) })
 * const user = await users.get('42')
 * ```
 */

import './promise-with-resolvers.js'

export { createGroupcache } from './create-groupcache.js'
export { gossipsubSettings } from './standalone-node.js'
export { groupcache } from './groupcache.js'
export { stopOnSignals } from './stop-on-signals.js'
export { clusterSecurity } from './security/cluster-security.js'
export { bootstrap } from './discovery/bootstrap.js'
export { dns } from './discovery/dns.js'
export { host } from './discovery/host.js'
export { mdns } from './discovery/mdns.js'
export { pull } from './discovery/pull.js'
export { bytes } from './codec/bytes.js'
export { json } from './codec/json.js'
export { messagePack } from './codec/message-pack.js'
export {
  CodecError, ConnectionLostError, DuplicateGroupError, GroupNotFoundError, HandshakeRefusedError, InvalidationIncompleteError, ListenError, LoadError, NameTakenError, OverloadedError,
  OwnerUnreachableError, PeerUnreachableError, ProtocolViolationError, ValueTooLargeError
} from './errors.js'
export type { Clock, Timer } from './clock.js'
export type { BootstrapInit } from './discovery/bootstrap.js'
export type { DnsInit } from './discovery/dns.js'
export type { HostInit } from './discovery/host.js'
export type { MdnsInit } from './discovery/mdns.js'
export type { NameResolver } from './discovery/name-records.js'
export type { PullFunction, PullInit } from './discovery/pull.js'
export type { KeyErrorInit } from './errors.js'
export type { Codec, GetOptions, Group, GroupOptions, GroupStats, HotOptions, LoadContext, Located, SetOptions, StaleFor } from './interface/group.js'
export type { Discovery, DiscoveryContext, DiscoverySource, Groupcache, GroupcacheComponents, GroupcacheEvents, GroupcacheInit, GroupcacheOptions, GroupcacheStats, MembershipInit, RpcInit, Secret, StandaloneGroupcache } from './interface/groupcache.js'
export type { HandOverInit, HandOverProgress } from './interface/hand-over.js'
export type { Member, MemberState } from './interface/member.js'
export type { Timing, TimingPreset } from './interface/timing.js'
export type { ClusterSecurity, ClusterSecurityInit } from './security/cluster-security.js'
