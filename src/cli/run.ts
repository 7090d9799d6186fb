// The command line: finds the command, reads its flags, and turns what goes wrong into one line and an exit code.

import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { messageOf } from '../errors.js'
import { CliError, helpOf, optionsOf } from './command.js'
import { members, owner, remove, status } from './commands/look.js'
import { serve } from './commands/serve.js'
import { top } from './commands/top.js'
import type { Command, Parsed, Shell } from './command.js'

const COMMANDS: readonly Command[] = [serve, status, members, owner, top, remove]

export interface MainShell extends Shell {
  readonly complain: (text: string) => void
}

/** @returns the exit code: 0 = done; 1 = it failed; 2 = a wrong command line, or nobody to ask */
export async function run (argv: readonly string[], shell: MainShell): Promise<number> {
  try {
    const [name, ...rest] = argv
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      shell.print(overview())
      return name === undefined ? 2 : 0
    }
    if (name === '--version' || name === '-v') {
      shell.print(await version())
      return 0
    }
    const command = COMMANDS.find(each => each.name === name)
    if (command === undefined) throw new CliError(`unknown command ${JSON.stringify(name)}; there are ${COMMANDS.map(each => each.name).join(', ')}`)
    const parsed = parse(command, rest)
    if (parsed.flags.help === true) shell.print(helpOf(command))
    else await command.run(parsed, shell)
    return 0
  } catch (err) {
    const { message, exitCode } = asCliError(err)
    shell.complain(`groupcache: ${message}`)
    return exitCode
  }
}

/** Of the package: beside the folder of what is run, built or not. */
async function version (): Promise<string> {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** A wrong option is a wrong command line, whoever found it. */
function asCliError (err: unknown): CliError {
  if (err instanceof CliError) return err
  return new CliError(messageOf(err), err instanceof Error && err.name === 'InvalidParametersError' ? 2 : 1)
}

/** @throws CliError */
function parse (command: Command, argv: string[]): Parsed {
  let parsed
  try {
    parsed = parseArgs({ args: argv, options: optionsOf(command.flags), allowPositionals: true })
  } catch (err) {
    throw new CliError(`${command.name}: ${(err as Error).message}`)
  }
  const { values, positionals } = parsed
  if (values.help !== true && positionals.length !== command.args.length) {
    throw new CliError(`${command.name}: expected ${command.args.length === 0 ? 'no arguments' : command.args.map(arg => `<${arg}>`).join(' ')}, got ${positionals.length}; see groupcache ${command.name} --help`)
  }
  return { flags: values as Parsed['flags'], args: positionals }
}

function overview (): string {
  return ['groupcache <command> [options]', '', ...COMMANDS.map(({ name, args, summary }) => `  ${[name, ...args.map(arg => `<${arg}>`)].join(' ').padEnd(22)}${summary}`), '', 'groupcache <command> --help says more. groupcache --version says which one this is.'].join('\n')
}
