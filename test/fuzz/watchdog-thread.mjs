// The other thread of watchdog.ts. Plain JavaScript, so that it needs no loader.

import { writeSync } from 'node:fs'
import { workerData } from 'node:worker_threads'

const { memory, patience } = workerData
const numbers = new Int32Array(memory, 0, 4)
const name = new Uint8Array(memory, 16)
let last = numbers[0]
let since = performance.now()

setInterval(() => {
  const now = performance.now()
  const [count, seed, index, isUnderWay] = numbers
  if (count !== last || isUnderWay === 0) {
    last = count
    since = now
  } else if (now - since > patience) {
    const target = Buffer.from(name).toString().replace(/\0+$/, '')
    writeSync(2, `a case does not end: --target ${target} --seed ${seed >>> 0} --case ${index}\n`)
    // the thread that hangs cannot be asked to
    process.kill(process.pid, 'SIGKILL')
  }
}, Math.min(1_000, patience / 4))
