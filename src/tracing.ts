// The tracing channels of node:diagnostics_channel, by name: what tracers and debuggers listen to. Without a subscriber to
// `start` nothing is traced, and nothing more is done than looking whether there is one.

import { AsyncResource } from 'node:async_hooks'
import { tracingChannel } from 'node:diagnostics_channel'
import type { TracingChannel } from 'node:diagnostics_channel'

/** A get of this process's callers. */
export interface GetTrace {
  readonly group: string
  readonly key: string
  /** Where it was found: in this process's memory, its own or a copy; or what was under way, or begun, to get it. Set before it ends. */
  from?: 'main' | 'hot' | 'joined' | 'begun'
}

/** A get of many keys. */
export interface GetManyTrace { readonly group: string, readonly keys: readonly string[] }

/** A run of the loader. */
export interface LoadTrace { readonly group: string, readonly key: string, readonly isOwner: boolean }

/** What travels with a request: a W3C trace context. One of more than 1,024 bytes is not sent. */
export interface Carrier { traceparent?: string, tracestate?: string }

/** A request for a value, at the member that asks. */
export interface RpcTrace {
  /** The id of the member that is asked. */
  readonly peer: string
  readonly group: string
  readonly key: string
  readonly ask: string
  /** For subscribers to `start` to fill. */
  readonly carrier: Carrier
}

/** The same, at the member that is asked; the carrier is what came. */
export type ServeTrace = RpcTrace

/** Something is removed, or set, for all members. */
export interface RemoveTrace { readonly group: string, readonly kind: 'keys' | 'tag' | 'all' | 'set', readonly keys?: readonly string[], readonly tag?: string }

export const GET: TracingChannel<unknown, GetTrace> = tracingChannel<unknown, GetTrace>('groupcache:get')
export const GET_MANY: TracingChannel<unknown, GetManyTrace> = tracingChannel<unknown, GetManyTrace>('groupcache:getMany')
export const LOAD: TracingChannel<unknown, LoadTrace> = tracingChannel<unknown, LoadTrace>('groupcache:load')
export const RPC: TracingChannel<unknown, RpcTrace> = tracingChannel<unknown, RpcTrace>('groupcache:rpc')
export const SERVE: TracingChannel<unknown, ServeTrace> = tracingChannel<unknown, ServeTrace>('groupcache:serve')
export const REMOVE: TracingChannel<unknown, RemoveTrace> = tracingChannel<unknown, RemoveTrace>('groupcache:remove')

/** Of all that a channel has, who traces listens to this. */
export function isTraced (channel: { readonly start: { readonly hasSubscribers: boolean } }): boolean {
  return channel.start.hasSubscribers
}

/** Work that another one's end will start goes on in the context that it was asked for in. Costs nothing where loads are not traced. */
export function inThisContext<A extends unknown[], R> (work: (...args: A) => R): (...args: A) => R {
  return isTraced(LOAD) ? AsyncResource.bind(work) : work
}

/** For what ends with a call, and not with a promise: tells of its beginning. */
export function begin<T extends object> (channel: TracingChannel<unknown, T>, trace: T): void {
  channel.start.publish(trace)
  channel.end.publish(trace)
}

/** And of its end. @param error - why there is no result */
export function finish<T extends object> (channel: TracingChannel<unknown, T>, trace: T, error?: unknown): void {
  if (error !== undefined) {
    Object.assign(trace, { error })
    channel.error.publish(trace)
  }
  channel.asyncStart.publish(trace)
  channel.asyncEnd.publish(trace)
}
