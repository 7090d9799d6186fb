// Imported first by every process that the driver forks: such a process lives as long as its channel
// to the driver, so none outlives it, however it ends.

// Ctrl-C reaches every process of the terminal; that the driver hangs up is what counts.
process.on('SIGINT', () => {})
process.on('disconnect', leave)
if (!process.connected) leave()

function leave (): void {
  process.exit()
}

/** Sends a message to the driver. When that has gone the message is lost, and this process about to end. */
export function tell (message: unknown): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

/** To be called by a process that has cleaned up, and wants to see itself end for lack of work. */
export function hangUp (): void {
  process.off('disconnect', leave)
  process.disconnect()
}
