// Secrets come from the environment or a file, never from the command line, which other users of a machine can read.

import { readFile } from 'node:fs/promises'
import { CliError } from './command.js'
import type { Parsed, Shell } from './command.js'

/**
 * What is in the file of `--token-file`, else `GROUPCACHE_TOKEN`, else what is in the file of `GROUPCACHE_TOKEN_FILE`, else in the one that a
 * configuration names. A file's last line end is not part of it. @throws CliError
 */
export async function secretIn (name: 'token' | 'secret', { flags }: Parsed, { env }: Shell, configured?: string): Promise<string | undefined> {
  const variable = `GROUPCACHE_${name.toUpperCase()}`
  const flag = flags[`${name}-file`]
  if (typeof flag !== 'string' && env[variable] !== undefined) return env[variable]
  const file = typeof flag === 'string' ? flag : env[`${variable}_FILE`] || configured
  if (file === undefined) return undefined
  try {
    return (await readFile(file, 'utf8')).replace(/\r?\n$/, '')
  } catch (err) {
    throw new CliError(`--${name}-file: ${(err as Error).message}`)
  }
}
