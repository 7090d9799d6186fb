// The group that all in the arena have: what its loader makes of a key.

export const CLUSTER = 'arena'
export const GROUP = 'values'
/** Bytes of a large value. */
export const LARGE = 8 * 1024 * 1024

let hanging = 0

/** Loads that wait until nobody wants them any more. */
export function hangingLoads (): number {
  return hanging
}

export function loads (key: string, { signal }: { signal: AbortSignal }): string | Promise<string> {
  if (key.startsWith('hang')) {
    hanging++
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        hanging--
        reject(signal.reason as Error)
      })
    })
  }
  if (key.startsWith('large')) return key.padEnd(LARGE, '.')
  return `value of ${key}`
}
