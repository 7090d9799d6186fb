// A PostgreSQL server for as long as this process runs: in a temporary folder, behind a socket there, no port; from the binaries
// that are installed.

import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import pg from 'pg'

export interface PrivatePostgres {
  url: string
  stop (): Promise<void>
}

/** @throws Error that says what is missing, or why the server does not start */
export async function startPrivatePostgres (): Promise<PrivatePostgres> {
  const bin = binaries()
  const folder = mkdtempSync(join(tmpdir(), 'shop-'))
  try {
    // PostgreSQL refuses to run as root; Debian's packages bring a user for it
    const user = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)

    const data = join(folder, 'data')
    await promisify(execFile)(join(bin, 'initdb'), ['--pgdata', data, '--username', 'shop', '--auth', 'trust', '--encoding', 'UTF8', '--locale', 'C', '--no-sync'], { ...user, cwd: folder })
    const server = spawn(join(bin, 'postgres'), ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'log_min_messages=panic'], { ...user, cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] })
    const exit = once(server, 'exit')
    const onExit = (): void => {
      server.kill('SIGQUIT')
      rmSync(folder, { recursive: true, force: true })
    }
    process.on('exit', onExit)

    const url = `postgres://shop@${encodeURIComponent(folder)}/postgres`
    await Promise.race([answers(url), exit.then(() => { throw new Error('PostgreSQL ended while it was starting') })])
    return {
      url,
      stop: async () => {
        server.kill('SIGINT') // its fast shutdown
        await exit
        process.off('exit', onExit)
        rmSync(folder, { recursive: true, force: true })
      }
    }
  } catch (err) {
    rmSync(folder, { recursive: true, force: true })
    throw err
  }
}

/** The folder with initdb and postgres: on the PATH, or where Debian and Homebrew put them, which is not on it. */
function binaries (): string {
  const versions = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt']
    .flatMap(root => existsSync(root) ? readdirSync(root).sort().reverse().map(name => join(root, name, 'bin')) : [])
  const found = [...(process.env.PATH ?? '').split(delimiter), ...versions].find(folder => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')))
  if (found === undefined) throw new Error('PostgreSQL was not found: install it (apt-get install postgresql), or set DATABASE_URL to an empty database')
  return found
}

function idOf (which: '-u' | '-g'): number {
  return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8' }))
}

async function answers (url: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const client = new pg.Client(url)
    try {
      await client.connect()
      await client.end()
      return
    } catch (err) {
      if (performance.now() > deadline) throw new Error('PostgreSQL did not start', { cause: err })
      await new Promise(resolve => { setTimeout(resolve, 50) })
    }
  }
}
