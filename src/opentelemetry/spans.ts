// The spans of a tracing channel: one is begun with each start, is the active one for what runs within, and ends with its work.

import { SpanStatusCode, context, trace } from '@opentelemetry/api'
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, Span, SpanKind, Tracer } from '@opentelemetry/api'
import type { TracingChannel } from 'node:diagnostics_channel'

/** What a channel tells: the same object from the start to the end, with the error when there was one. */
interface Traced { readonly error?: unknown }

export interface SpansInit<T extends object> {
  channel: TracingChannel<unknown, T>
  tracer: Tracer
  name: string
  kind: SpanKind
  attributes: (trace: T) => Record<string, string | number | boolean>
  /** What the span is a part of. Default: what is active. */
  parent?: (trace: T) => Context
  /** The span was begun, in this context. */
  onStart?: (trace: T, context: Context) => void
  /** Attributes that are known at the end. */
  atEnd?: (trace: T) => Record<string, string | number | boolean>
  /** Whether what is traced runs within the channel's start. Otherwise it is told of its beginning and its end alone. */
  isRun: boolean
}

/** Has the context of OpenTelemetry be what `run` says, as if it were a store of the channel's own. */
class ActiveContext extends AsyncLocalStorage<Context> {
  override run<R, A extends unknown[]> (store: Context, callback: (...args: A) => R, ...args: A): R {
    return context.with(store, () => callback(...args))
  }
}

/** Begins to make spans. @returns how to end that */
export function makeSpans<T extends object> ({ channel, tracer, name, kind, attributes, parent = () => context.active(), onStart, atEnd, isRun }: SpansInit<T>): () => void {
  const spans = new WeakMap<T, Span>()
  const begin = (message: T): Context => {
    const within = parent(message)
    const span = tracer.startSpan(name, { kind, attributes: attributes(message) }, within)
    spans.set(message, span)
    const context = trace.setSpan(within, span)
    onStart?.(message, context)
    return context
  }
  const asyncEnd = (message: T): void => {
    const span = spans.get(message)
    if (span === undefined) return
    spans.delete(message)
    if (atEnd !== undefined) span.setAttributes(atEnd(message))
    const { error } = message as Traced
    if (error !== undefined) {
      // loaders may throw anything, but what reaches a channel is an error of ours
      if (error instanceof Error) span.recordException(error)
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'failed' })
    }
    span.end()
  }
  const store = new ActiveContext()
  const onBegin = (message: unknown): void => { begin(message as T) }
  const onEnd = (message: unknown): void => { asyncEnd(message as T) }
  if (isRun) channel.start.bindStore(store, begin)
  else channel.start.subscribe(onBegin)
  channel.asyncEnd.subscribe(onEnd)
  return () => {
    if (isRun) channel.start.unbindStore(store)
    else channel.start.unsubscribe(onBegin)
    channel.asyncEnd.unsubscribe(onEnd)
  }
}
