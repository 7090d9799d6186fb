/**
 * Traces of gets, loads, requests between members and removals, as spans of OpenTelemetry. A get of another member's key is
 * one trace over both processes: the context travels with the request, and what a loader traces is part of its load.
 *
 * ```ts
 * import { traceGroupcache } from 'groupcache/opentelemetry'
 *
 * const end = traceGroupcache()
 * ```
 *
 * @packageDocumentation
 */

import { ROOT_CONTEXT, SpanKind, propagation, trace } from '@opentelemetry/api'
import { GET, GET_MANY, LOAD, REMOVE, RPC, SERVE } from '../tracing.js'
import { makeSpans } from './spans.js'
import type { TracerProvider } from '@opentelemetry/api'

export interface TraceInit {
  /** @default the global one */
  tracerProvider?: TracerProvider | undefined
  /** Whether spans say the keys, as `groupcache.key`. Keys may be what traces are not to contain. @default false */
  keys?: boolean | undefined
}

type Attributes = Record<string, string | number | boolean>

/**
 * Traces all nodes of this process from now on. Needs a registered SDK of OpenTelemetry, with a propagator of the W3C
 * trace context, which is the default one.
 *
 * @returns ends it
 */
export function traceGroupcache ({ tracerProvider, keys = false }: TraceInit = {}): () => void {
  const tracer = (tracerProvider ?? trace.getTracerProvider()).getTracer('groupcache')
  const of = ({ group, key }: { group: string, key?: string }): Attributes =>
    keys && key !== undefined ? { 'groupcache.group': group, 'groupcache.key': key } : { 'groupcache.group': group }
  const ofMany = ({ group, keys: all }: { group: string, keys?: readonly string[] }): Attributes =>
    all === undefined ? { 'groupcache.group': group } : { 'groupcache.group': group, 'groupcache.keys': all.length }
  const ends = [
    makeSpans({
      channel: GET,
      tracer,
      name: 'groupcache.get',
      kind: SpanKind.INTERNAL,
      attributes: of,
      atEnd: ({ from }): Attributes => from === undefined ? {} : { 'groupcache.from': from },
      isRun: true
    }),
    makeSpans({ channel: GET_MANY, tracer, name: 'groupcache.getMany', kind: SpanKind.INTERNAL, attributes: ofMany, isRun: true }),
    makeSpans({
      channel: LOAD,
      tracer,
      name: 'groupcache.load',
      kind: SpanKind.INTERNAL,
      attributes: load => ({ ...of(load), 'groupcache.owner': load.isOwner }),
      isRun: true
    }),
    makeSpans({
      channel: REMOVE,
      tracer,
      name: 'groupcache.remove',
      kind: SpanKind.INTERNAL,
      attributes: removal => ({ ...ofMany(removal), 'groupcache.kind': removal.kind }),
      isRun: true
    }),
    makeSpans({
      channel: RPC,
      tracer,
      name: 'groupcache.rpc',
      kind: SpanKind.CLIENT,
      attributes: request => ({ ...of(request), 'groupcache.peer': request.peer, 'groupcache.ask': request.ask }),
      onStart: ({ carrier }, context) => { propagation.inject(context, carrier) },
      isRun: false
    }),
    makeSpans({
      channel: SERVE,
      tracer,
      name: 'groupcache.serve',
      kind: SpanKind.SERVER,
      attributes: request => ({ ...of(request), 'groupcache.peer': request.peer, 'groupcache.ask': request.ask }),
      // this stream's tick is nobody's context
      parent: ({ carrier }) => propagation.extract(ROOT_CONTEXT, carrier),
      isRun: true
    })
  ]
  return () => { for (const end of ends) end() }
}
