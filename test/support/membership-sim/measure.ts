// How fast, how surely and at what cost members look after each other.

import { WarmCluster } from './warm-cluster.js'
import { CALM } from './weather.js'
import type { Timing } from '../../../src/interface/timing.js'
import type { Traffic } from './network.js'
import type { Weather } from './weather.js'

export interface MeasureInit {
  size: number
  seed: number
  timing: Timing
}

/** Milliseconds from a crash until … */
export interface Detection { probed: number, suspected: number, dead: number, known: number }

export interface Crashes {
  detections: Detection[]
  /** Messages by node and period while crashes were being found out. */
  traffic: Traffic
}

/** Members that are down at a time, at the most, of so many. */
const ONE_DOWN_IN = 20
const CRASH_WITHIN = 120_000
/** Between two crashes. */
const PAUSE = 1_000
const NEWS_WITHIN = 60_000

/** Switches off one member after the other, each while all have found out about the one before. */
export async function measureCrashes ({ size, seed, timing }: MeasureInit, trials: number, onTrial: () => void): Promise<Crashes> {
  const detections: Detection[] = []
  const traffics: Traffic[] = []
  const perCluster = Math.max(1, Math.floor(size / ONE_DOWN_IN))
  for (let i = 0; detections.length < trials; i++) {
    const cluster = new WarmCluster({ seed: seed + 1_000 * i, size, timing, weather: CALM })
    await cluster.warmUp()
    for (let left = perCluster; left > 0 && detections.length < trials; left--) {
      await cluster.run(PAUSE + cluster.random() * timing.probeInterval)
      let detection: Detection | undefined
      traffics.push(await cluster.traffic(async () => { detection = await crash(cluster) }))
      detections.push(detection as unknown as Detection)
      onTrial()
    }
    cluster.stop()
  }
  return { detections, traffic: mean(traffics) }
}

async function crash (cluster: WarmCluster): Promise<Detection> {
  const victim = cluster.pick()
  const begin = cluster.now
  const at: Partial<Detection> = {}
  const knows = new Set<string>()
  const isDue = (): boolean => knows.size === cluster.network.processes.length
  cluster.onPing = (_, id) => { if (id === victim.id) at.probed ??= cluster.now - begin }
  cluster.onChange = ({ id }, { kind, member }) => {
    if (member.id !== victim.id) return
    if (member.state === 'suspect') at.suspected ??= cluster.now - begin
    if (kind === 'fail') {
      at.dead ??= cluster.now - begin
      knows.add(id)
    }
  }
  cluster.network.vanish(victim, 'host')
  await cluster.run(CRASH_WITHIN, isDue)
  cluster.onPing = cluster.onChange = undefined
  if (!isDue()) throw new Error(`the crash of ${victim.id} is known to ${knows.size} of ${cluster.network.processes.length} after ${CRASH_WITHIN} ms`)
  at.known = cluster.now - begin
  return { probed: 0, suspected: 0, dead: 0, ...at } as Detection
}

/** Milliseconds that one member's news takes to reach all others, and messages by node and period when there is nothing to tell. */
export async function measureNews ({ size, seed, timing }: MeasureInit, trials: number): Promise<{ took: number[], idle: Traffic }> {
  const cluster = new WarmCluster({ seed, size, timing, weather: CALM })
  await cluster.warmUp()
  // whole rounds of exchanges, or their number would be a matter of luck
  const idle = await cluster.traffic(() => cluster.run(timing.exchangeInterval * (size > 100 ? 1 : 4)))
  const took: number[] = []
  for (let i = 0; i < trials; i++) {
    await cluster.run(PAUSE)
    const author = cluster.pick()
    const begin = cluster.now
    const knows = new Set<string>()
    author.membership.readdress([author.address, `/sim/elsewhere/${i}`])
    const { incarnation } = author.membership.self
    cluster.onChange = ({ id }, { member }) => { if (member.id === author.id && member.incarnation >= incarnation) knows.add(id) }
    const others = cluster.network.processes.length - 1
    await cluster.run(NEWS_WITHIN, () => knows.size >= others)
    if (knows.size < others) throw new Error(`news of ${author.id} reached ${knows.size} of ${others} within ${NEWS_WITHIN} ms`)
    took.push(cluster.now - begin)
  }
  cluster.stop()
  return { took, idle }
}

export interface Wrongs {
  /** Members that were well and held dead: by how many members in all. */
  dead: number
  /** Suspicions, each of one member that is well by one other. */
  suspected: number
  nodePeriods: number
}

export interface Adversity extends Pick<Weather, 'loss' | 'kind'>, Partial<Pick<Weather, 'latency'>> {
  /** One member stalls for 3 s every 10 s. */
  isStalling: boolean
}

/** Milliseconds that a suspicion needs to come to its end, several times over. */
const AT_LEAST = 60_000
const STALL = 3_000
const STALL_EVERY = 10_000

/** How often a member that is well is held dead: with messages lost, or one member stalling. */
export async function measureWrongs ({ size, seed, timing }: MeasureInit, what: Adversity, nodePeriods: number): Promise<Wrongs> {
  const cluster = new WarmCluster({ seed, size, timing, weather: CALM })
  await cluster.warmUp()
  cluster.network.weathers.weather = { ...CALM, latency: what.latency ?? CALM.latency, loss: what.loss, kind: what.kind }
  const wrongs: Wrongs = { dead: 0, suspected: 0, nodePeriods: 0 }
  cluster.onChange = (_, { kind, member }) => {
    if (kind === 'fail') wrongs.dead++
    // the one that stalls is suspected with reason
    else if (member.state === 'suspect' && !(what.isStalling && member.id === cluster.members[0]?.id)) wrongs.suspected++
  }
  const duration = Math.max(AT_LEAST, nodePeriods / size * timing.probeInterval)
  const end = cluster.now + duration
  while (cluster.now < end) {
    await cluster.run(STALL_EVERY - STALL)
    if (what.isStalling) stall(cluster)
    await cluster.run(STALL)
  }
  wrongs.nodePeriods = Math.round(duration / timing.probeInterval * size)
  cluster.stop()
  return wrongs
}

/** The same member each time. */
function stall ({ members, network }: WarmCluster): void {
  const member = members[0]
  if (member === undefined) return
  member.pause()
  network.scheduler.after(STALL, () => { member.wake('timers first') })
}

function mean (all: readonly Traffic[]): Traffic {
  const of = (name: keyof Traffic): number => all.reduce((sum, each) => sum + each[name], 0) / all.length
  return { pings: of('pings'), indirect: of('indirect'), gossip: of('gossip'), exchanges: of('exchanges'), dials: of('dials') }
}
