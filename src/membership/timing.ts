// The presets of the failure detector, and what they come to.

import type { Timing, TimingPreset } from '../interface/timing.js'

/**
 * A frozen process is dead to the others after
 *
 *     time to the first probe + probeTimeout + suspicion + probeTimeout,      suspicionMin ≤ suspicion ≤ suspicionMax
 *
 * of which the first is e ⁄ (e − 1) = 1.58 probe intervals on average, in clusters of any size. So `lan`, the default, gives
 * one up after 3.5 to 5 s as a rule, and never one that stalls for 3 s; `local` takes 2.5 s at the least. Less would be
 * wrong, not only hasty: a process that was frozen for MAX_STANDSTILL asks what it missed when it wakes, and a shorter
 * freeze must therefore not have cost it its keys.
 */
export const TIMINGS: Readonly<Record<TimingPreset, Timing>> = {
  local: { probeInterval: 150, probeTimeout: 300, suspicionMin: 1_900, suspicionMax: 3_800, indirectProbes: 3, redialInterval: 500, exchangeInterval: 30_000 },
  lan: { probeInterval: 300, probeTimeout: 500, suspicionMin: 2_600, suspicionMax: 5_200, indirectProbes: 3, redialInterval: 1_000, exchangeInterval: 30_000 },
  wan: { probeInterval: 1_000, probeTimeout: 2_000, suspicionMin: 6_000, suspicionMax: 18_000, indirectProbes: 3, redialInterval: 3_000, exchangeInterval: 30_000 }
}
