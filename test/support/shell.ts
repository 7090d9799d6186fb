// Runs a command as a person would, in a shell, and leaves nothing of it behind.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { ROOT } from './documents.js'

export interface Run {
  code: number | null
  stdout: string
  stderr: string
}

/** What npm tells the processes that it starts, such as these tests: an npx among the commands would take it for its own. */
const ofNpm = /^npm_/i

/** In the root of the project. What has not ended after `timeout` ms is killed, with all it has started. */
export async function runInShell (command: string, { timeout }: { timeout: number }): Promise<Run> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofNpm.test(name)))
  // a process group of its own, which can be ended as a whole
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', command], { cwd: ROOT, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env })
  const run: Run = { code: null, stdout: '', stderr: '' }
  shell.stdout.setEncoding('utf8').on('data', text => { run.stdout += text })
  shell.stderr.setEncoding('utf8').on('data', text => { run.stderr += text })
  const timer = setTimeout(() => {
    run.stderr += `\nkilled after ${timeout} ms`
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL')
  }, timeout)
  const [code] = await once(shell, 'close') as [number | null]
  clearTimeout(timer)
  return { ...run, code }
}
