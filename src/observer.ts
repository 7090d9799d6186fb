// What metrics want to know of how long things took. Where nobody observes, nothing is timed.

/** How a run of the loader ended; 'left' = nobody waited any more. */
export type LoadOutcome = 'ok' | 'error' | 'timeout' | 'left'

/** What members ask each other for; 'moved' = a value of a former owner. */
export type RequestKind = 'get' | 'moved' | 'look' | 'remove' | 'forget' | 'set' | 'catch_up' | 'ping' | 'probe'

/** None of these may throw. Times are milliseconds. */
export interface Observer {
  /** @param isOwner - it ran at the owner of its key, and not in its place */
  loadEnded (isOwner: boolean, outcome: LoadOutcome, ms: number): void
  /** A request of this node was answered. @param isFailure - with a failure */
  answered (request: RequestKind, isFailure: boolean, ms: number): void
  /** A request of this node will not be answered: its stream has ended, or there was no room for it. */
  unanswered (request: RequestKind): void
}
