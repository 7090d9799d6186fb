// One schedule, for many.ts: node --import tsx test/chaos/one.ts SEED SECONDS BUNDLE

import { run } from './run.js'
import { scheduleOf } from './schedule.js'
import { print } from './print.js'
import { tableOf } from './table.js'

// run.ts cleans up when the process ends
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(130) })
// so does the end of its parent
process.once('disconnect', () => { process.exit() })
const [, , seed, seconds, bundle] = process.argv
const schedule = scheduleOf(Number(seed), Number(seconds))
console.log(`${tableOf(schedule)}\n`)
const outcome = await run(schedule, bundle as string)
print(outcome, schedule.seed)
process.send?.({ ...outcome, log: [] }, () => { process.disconnect() })
