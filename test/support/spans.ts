// The real SDK of OpenTelemetry in this process, with the spans kept in memory.

import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { SpanKind } from '@opentelemetry/api'
import { traceGroupcache } from '../../src/opentelemetry/index.js'

export interface SpanRecord {
  name: string
  kind: string
  traceId: string
  id: string
  /** The id of the span that it is a part of. */
  parent: string | undefined
  attributes: Record<string, unknown>
  /** What it failed with. */
  error: string | undefined
}

export class Spans {
  readonly #exporter = new InMemorySpanExporter()
  readonly #end: () => void

  constructor (options: { keys?: boolean } = {}) {
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(this.#exporter)] }))
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    propagation.setGlobalPropagator(new W3CTraceContextPropagator())
    this.#end = traceGroupcache(options)
  }

  /** Those that have ended. */
  all (): SpanRecord[] {
    return this.#exporter.getFinishedSpans().map(span => ({
      name: span.name,
      kind: SpanKind[span.kind],
      traceId: span.spanContext().traceId,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      attributes: span.attributes,
      error: span.status.message
    }))
  }

  /** A span of somebody else's, in whatever context this is called. */
  static foreign (name: string): void {
    trace.getTracer('somebody').startSpan(name).end()
  }

  end (): void {
    this.#end()
    trace.disable()
    context.disable()
    propagation.disable()
  }
}
