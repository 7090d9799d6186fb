// A trace as an indented tree, the way a tracing tool shows it.

import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'

/** One line for each span, children below their parent, in the order they began. @throws when the spans are not one trace */
export function showTrace (spans: readonly ReadableSpan[]): string[] {
  const traces = new Set(spans.map(span => span.spanContext().traceId))
  if (traces.size !== 1) throw new Error(`expected one trace, got ${traces.size}`)
  const below = (parent: string | undefined, depth: number): string[] => spans
    .filter(span => span.parentSpanContext?.spanId === parent)
    .sort((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .flatMap(span => [line(span, depth), ...below(span.spanContext().spanId, depth + 1)])
  return below(undefined, 0)
}

function line ({ name, attributes, duration: [seconds, nanoseconds] }: ReadableSpan, depth: number): string {
  const from = attributes['groupcache.from'] === undefined ? '' : `from ${String(attributes['groupcache.from'])}`
  const milliseconds = `${(seconds * 1e3 + nanoseconds / 1e6).toFixed(2)} ms`
  return `${`${'  '.repeat(depth)}${name}`.padEnd(32)}${milliseconds.padStart(10)}  ${from}`.trimEnd()
}
