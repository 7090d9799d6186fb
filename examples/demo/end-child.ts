// Ends a process that this one forked, and waits until it is gone.

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

const patience = 8_000

/**
 * Asks a process to end: by closing its channel, unless told otherwise. One that does not is killed.
 *
 * @returns whether it ended by itself
 */
export async function endChild (child: ChildProcess, ask = () => { if (child.connected) child.disconnect() }): Promise<boolean> {
  if (child.exitCode !== null || child.signalCode !== null) return true
  let alone = true
  const exit = once(child, 'exit')
  ask()
  const timer = setTimeout(() => {
    alone = false
    child.kill('SIGKILL')
  }, patience)
  await exit
  clearTimeout(timer)
  return alone
}
