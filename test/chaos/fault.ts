// What can befall a cluster of processes, as data: when, to whom, how badly.

/** Traffic from one member to another one, in that direction. */
export type Link = readonly [from: string, to: string]

interface Timed {
  /** Milliseconds from when the faults may begin. */
  at: number
  /** When it is over; the same as `at` for what takes no time, or as much as it takes. */
  until: number
}

interface OfMember extends Timed { member: string }
interface OfLinks extends Timed { links: readonly Link[] }

/** SIGKILL. With `isBack` a process of the same name starts at `until`. */
export interface Kill extends OfMember { kind: 'kill', isBack: boolean, keepsAddress: boolean }
/** SIGSTOP, and SIGCONT at `until`. */
export interface Freeze extends OfMember { kind: 'freeze' }
/** The event loop does nothing until `until`. */
export interface Stall extends OfMember { kind: 'stall' }
/** A graceful stop, then a process of the same name, `pause` milliseconds after the old one has ended. */
export interface Restart extends OfMember { kind: 'restart', pause: number, keepsAddress: boolean }
/** A process of a name that was not there before. */
export interface Join extends OfMember { kind: 'join' }
/** A graceful stop for good. */
export interface Leave extends OfMember { kind: 'leave' }
/** That part of the loads takes `delay` milliseconds longer. */
export interface SlowLoader extends Timed { kind: 'slow loader', part: number, delay: number }
/** That part of the loads fails. */
export interface FailingLoader extends Timed { kind: 'failing loader', part: number }
/** RST to both ends of the connections. */
export interface Reset extends OfLinks { kind: 'reset' }
/** After so many bytes more the connections are closed in the middle of what is being said. */
export interface Truncate extends OfLinks { kind: 'truncate', bytes: number }
/** One bit of what is said next is another one. */
export interface Flip extends OfLinks { kind: 'flip' }
/** What is said arrives later. */
export interface Delay extends OfLinks { kind: 'delay', delay: number }
/**
 * Nothing arrives, and nobody is told. 'hold': it arrives at `until`, as with TCP after an outage. 'drop': what was open
 * then stays silent for ever, as behind a router that was restarted; new connections work.
 */
export interface Blackhole extends OfLinks { kind: 'blackhole', mode: 'hold' | 'drop' }
/** Nothing passes between these members and the others. In namespaces, the cable between two switches; else by the proxies. */
export interface Partition extends Timed { kind: 'partition', side: readonly string[] }

export type Fault = Kill | Freeze | Stall | Restart | Join | Leave | SlowLoader | FailingLoader | Reset | Truncate | Flip | Delay | Blackhole | Partition
export type FaultKind = Fault['kind']

export const KINDS: readonly FaultKind[] = ['kill', 'freeze', 'stall', 'restart', 'join', 'leave', 'slow loader', 'failing loader', 'reset', 'truncate', 'flip', 'delay', 'blackhole', 'partition']

/** Milliseconds of delay from which on probes of the membership go unanswered: see `probeTimeout` in docs/membership.md. */
export const SILENCE = 400

/** Members that are well may lose sight of each other by it. What only closes a connection is noticed at both ends, and mended at once. */
export function isLossy (fault: Fault): boolean {
  return fault.kind === 'blackhole' || fault.kind === 'partition' || (fault.kind === 'delay' && fault.delay >= SILENCE)
}

/** The members that are not well while it lasts. */
export function unwell (fault: Fault): readonly string[] {
  switch (fault.kind) {
    case 'kill': case 'freeze': case 'stall': case 'restart': case 'join': case 'leave': return [fault.member]
    case 'partition': return fault.side
    case 'blackhole': case 'delay': return [...new Set(fault.links.flat())]
    case 'slow loader': case 'failing loader': case 'reset': case 'truncate': case 'flip': return []
  }
}

/** In words, without its times. */
export function describe (fault: Fault): string {
  const lasts = `${((fault.until - fault.at) / 1_000).toFixed(1)} s`
  switch (fault.kind) {
    case 'kill': return `${fault.member}${fault.isBack ? `, back after ${lasts}${at(fault)}` : ' for good'}`
    case 'freeze': case 'stall': return `${fault.member} for ${lasts}`
    case 'restart': return `${fault.member}, started again ${Math.round(fault.pause)} ms after it has ended${at(fault)}`
    case 'join': case 'leave': return fault.member
    case 'slow loader': return `${percent(fault.part)} of loads take ${Math.round(fault.delay)} ms more, for ${lasts}`
    case 'failing loader': return `${percent(fault.part)} of loads fail, for ${lasts}`
    case 'reset': return linksOf(fault)
    case 'truncate': return `${linksOf(fault)} after ${fault.bytes} bytes`
    case 'flip': return `a bit of ${linksOf(fault)}`
    case 'delay': return `${linksOf(fault)} by ${Math.round(fault.delay)} ms, for ${lasts}`
    case 'blackhole': return `${linksOf(fault)} for ${lasts}, ${fault.mode === 'hold' ? 'then all arrives' : 'and connections stay silent'}`
    case 'partition': return `${fault.side.join()} from the others for ${lasts}`
  }
}

function at ({ keepsAddress }: { keepsAddress: boolean }): string {
  return keepsAddress ? '' : ' elsewhere'
}

function percent (part: number): string {
  return `${Math.round(part * 100)} %`
}

function linksOf ({ links }: { links: readonly Link[] }): string {
  return links.map(([from, to]) => `${from}>${to}`).join(' ')
}
