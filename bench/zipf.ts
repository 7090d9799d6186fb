// Keys as people ask for them: few of them often.

/** Numbers from 0 to 1 that depend on the seed alone, which is not 0. */
export function generator (seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** Ranks 0 to keys − 1, each as often as 1 / (rank + 1) ** exponent. */
export function zipf (keys: number, exponent: number, random: () => number): () => number {
  const sums = new Float64Array(keys)
  let sum = 0
  for (let rank = 0; rank < keys; rank++) sums[rank] = sum += 1 / (rank + 1) ** exponent
  return () => {
    const at = random() * sum
    let [low, high] = [0, keys - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] ?? 0) < at) low = middle + 1
      else high = middle
    }
    return low
  }
}
