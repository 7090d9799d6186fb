// What a command of the command line is, and how it says no.

import type { ParseArgsConfig } from 'node:util'

type ParseArgsOptionsConfig = NonNullable<ParseArgsConfig['options']>

export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  /** May be there several times. */
  readonly multiple?: boolean
  /** What stands for the value in the help. */
  readonly value?: string
  readonly help: string
}

export interface Parsed {
  readonly flags: Readonly<Record<string, string | boolean | string[] | undefined>>
  readonly args: readonly string[]
}

/** Where a command writes, and what it may use of the process. Handed in, so that tests need no process. */
export interface Shell {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly isTerminal: boolean
  readonly print: (text: string) => void
  /** Aborts when the command is told to end. */
  readonly signal: AbortSignal
}

export interface Command {
  readonly name: string
  /** What follows the name, as in `<group> <key>`. */
  readonly args: readonly string[]
  readonly summary: string
  /** Paragraphs. */
  readonly details?: string
  readonly flags: Readonly<Record<string, Flag>>
  run (parsed: Parsed, shell: Shell): Promise<void>
}

/** What is wrong in one line, and the exit code: 1 = it was tried and failed; 2 = it could not be tried. */
export class CliError extends Error {
  override name = 'CliError'
  readonly exitCode: 1 | 2

  constructor (message: string, exitCode: 1 | 2 = 2) {
    super(message.replaceAll(/\s*\n\s*/g, ' '))
    this.exitCode = exitCode
  }
}

export function optionsOf (flags: Command['flags']): ParseArgsOptionsConfig {
  const options = Object.entries(flags).map(([name, { type, short, multiple }]) => [name, { type, multiple: multiple === true, ...(short === undefined ? {} : { short }) }])
  return { ...Object.fromEntries(options) as ParseArgsOptionsConfig, help: { type: 'boolean', short: 'h' } }
}

export function helpOf ({ name, args, summary, details, flags }: Command): string {
  const lines = Object.entries(flags).map(([flag, { short, value, help, multiple }]) => [`  ${short === undefined ? '    ' : `-${short}, `}--${flag}${value === undefined ? '' : ` ${value}`}`, `${help}${multiple === true ? ' (may be repeated)' : ''}`] as const)
  const width = Math.max(0, ...lines.map(([flag]) => flag.length)) + 2
  const usage = `groupcache ${[name, ...args.map(arg => `<${arg}>`)].join(' ')} [options]`
  return [usage, '', summary, ...(details === undefined ? [] : ['', details]), '', 'Options:', ...lines.map(([flag, help]) => flag.padEnd(width) + help), '  -h, --help'.padEnd(width) + 'this text'].join('\n')
}
