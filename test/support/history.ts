// What was read and updated, by all processes of a test, and which of the reads were stale.
//
// Times are nanoseconds of the host's monotonic clock, which all of its processes share. They are taken
// so that the verdict cannot be wrong: a read begins before it is called and an update ends after it has
// resolved, so a process that loses the CPU in between only makes a read count as earlier than it was.

export interface Read {
  key: string
  /** Of the value that was answered. */
  version: number
  /** The value was put there by a set, not read from the origin by a load. */
  isSet: boolean
  begin: number
  end: number
  /** Where it was made. */
  node: string
}

export interface FailedRead {
  key: string
  error: string
  /** The names and messages of it and its causes, the outermost first. */
  causes: string[]
  begin: number
  end: number
  node: string
}

export type UpdateKind = 'remove' | 'set' | 'removeMany' | 'removeByTag' | 'clear'

export interface Update {
  kind: UpdateKind
  keys: string[]
  /** Of the origin, for all of these keys, before the update began. */
  version: number
  begin: number
  end: number
  node: string
  /** Who owned the keys in this node's view, by peer id, when it began and when it was over. */
  owners?: string[]
  error?: { name: string, message: string, /** Peer ids that it names. */ members: string[] }
}

export interface StaleRead { read: Read, update: Update }

/** Exact: less than 2⁵³ until a host has been up for a hundred days. */
export function now (): number {
  return Number(process.hrtime.bigint())
}

/**
 * The reads that were answered with an older version than that of an update which had resolved before
 * they began. Updates that failed promise nothing.
 *
 * @param binds - whether the update is one that this read had to know of
 */
export function staleReads (reads: readonly Read[], updates: readonly Update[], binds: (update: Update, read: Read) => boolean = () => true): StaleRead[] {
  const sets = new Map(updates.filter(({ kind }) => kind === 'set').map(set => [set.version, set]))
  const byKey = new Map<string, Update[]>()
  for (const update of updates) {
    if (update.error !== undefined) continue
    for (const key of update.keys) byKey.set(key, [...byKey.get(key) ?? [], update])
  }
  return reads.flatMap(read => {
    const update = byKey.get(read.key)?.find(update => update.version > read.version && update.end < read.begin && isAfter(update, read, sets) && binds(update, read))
    return update === undefined ? [] : [{ read, update }]
  })
}

/**
 * Whether what was read has to be older than the update. A load that read an older version from the
 * origin began before the update did. But a set and an update that overlap may take effect in either
 * order, and a set that failed, or whose process died, may take effect later.
 */
function isAfter (update: Update, read: Read, sets: ReadonlyMap<number, Update>): boolean {
  if (!read.isSet) return true
  const set = sets.get(read.version)
  return set !== undefined && set.error === undefined && set.end < update.begin
}

/** The longest of them, in milliseconds. */
export function slowest (made: ReadonlyArray<Pick<Update, 'begin' | 'end'>>): number {
  return Math.round(made.reduce((longest, { begin, end }) => Math.max(longest, end - begin), 0) / 1e6)
}

/** A stale read in a line. @param from - the moment that its times are counted from, in milliseconds */
export function tell ({ read, update }: StaleRead, from = 0): string {
  const ms = (at: number): string => ((at - from) / 1e6).toFixed(1)
  return `${read.node} read ${read.isSet ? 'set' : 'loaded'} version ${read.version} of ${read.key} at ${ms(read.begin)}..${ms(read.end)} ms; ` +
    `${update.kind} of version ${update.version} at ${update.node}, ${ms(update.begin)}..${ms(update.end)} ms`
}
