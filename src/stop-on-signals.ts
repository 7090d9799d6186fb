// Offered, not forced: a process that is told to end stops its node first.

const SIGNALS: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGINT']

/** How many nodes of this process are being stopped. */
let stopping = 0

/**
 * Stops a node when this process is told to end: what it has is handed over, and the others hear of it. Then the process ends by
 * that signal, unless others listen for it. A second signal ends it at once.
 *
 * ```ts
 * const cache = await createGroupcache()
 * stopOnSignals(cache)
 * ```
 *
 * Give the process as long as `handOver.timeout` and a little more: Kubernetes waits for 30 s, PM2 for 1.6 s (`kill_timeout`).
 *
 * @param signals - default: SIGTERM and SIGINT
 * @returns what makes it listen no more
 */
export function stopOnSignals (node: { stop (): Promise<void> }, signals: readonly NodeJS.Signals[] = SIGNALS): () => void {
  const listenNoMore = (): void => { for (const signal of signals) process.off(signal, onSignal) }
  const onSignal = (signal: NodeJS.Signals): void => {
    listenNoMore()
    stopping++
    node.stop().catch((err: unknown) => { process.emitWarning(`the node could not be stopped: ${String(err)}`, { type: 'GroupcacheWarning', code: 'GROUPCACHE_STOP_FAILED' }) }).finally(() => {
      stopping--
      // with several nodes the last one ends it
      if (stopping === 0 && process.listenerCount(signal) === 0) process.kill(process.pid, signal)
    })
  }
  for (const signal of signals) process.on(signal, onSignal)
  return listenNoMore
}
