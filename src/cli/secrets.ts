// Secrets come from the environment or a file, never from the command line, which other users of a machine can read.

import { readFile } from 'node:fs/promises'
import { CliError } from './command.js'
import type { Parsed, Shell } from './command.js'

/** A file's last line end is not part of it. @throws CliError */
export async function secretIn (name: 'token' | 'secret', { flags }: Parsed, { env }: Shell): Promise<string | undefined> {
  const file = flags[`${name}-file`]
  if (typeof file !== 'string') return env[`GROUPCACHE_${name.toUpperCase()}`]
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (err) {
    throw new CliError(`--${name}-file: ${(err as Error).message}`)
  }
}
