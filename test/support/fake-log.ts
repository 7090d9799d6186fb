// A logger that remembers what it was told.

import type { Logger } from '@libp2p/interface'

export interface FakeLog extends Logger {
  readonly lines: string[]
  readonly errors: string[]
}

export function fakeLog (): FakeLog {
  const lines: string[] = []
  const errors: string[] = []
  const text = (format: unknown, args: unknown[]): string => [format, ...args].map(String).join(' ')
  const log = (format: unknown, ...args: unknown[]): void => { lines.push(text(format, args)) }
  return Object.assign(log, {
    lines,
    errors,
    enabled: true,
    error: (format: unknown, ...args: unknown[]) => { errors.push(text(format, args)) },
    trace: () => {},
    newScope: () => fakeLog()
  })
}
