// How often members look after each other, and how long they wait before they give one up.

/** All in milliseconds but `indirectProbes`. */
export interface Timing {
  /** Between two probes of one node: SWIM's protocol period. */
  probeInterval: number
  /** A probed member that has not answered by then, neither to us nor to those we asked, is suspected. */
  probeTimeout: number
  /** A suspected member is probed one last time after so long, and dead if it is silent, when enough others suspect it as well. */
  suspicionMin: number
  /** And after so long when nobody else does. */
  suspicionMax: number
  /** How many others are asked to probe a member that does not answer. */
  indirectProbes: number
  /** One dead member is redialled this often: that is what heals a partition. */
  redialInterval: number
  /** A random member's table is compared with ours this often. */
  exchangeInterval: number
}

export type TimingPreset = 'local' | 'lan' | 'wan'
