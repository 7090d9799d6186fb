// npm run chaos: one schedule, or many of them. `--help` tells the options.

import { bundleWorker } from './bundle.js'
import { runMany } from './many.js'
import { HELP, optionsOf } from './options.js'
import { print } from './print.js'
import { run } from './run.js'
import { scheduleOf } from './schedule.js'
import { tableOf } from './table.js'

// run.ts cleans up when the process ends
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(130) })
const options = optionsOf(process.argv.slice(2))
const { isHelp, isTable, seed, seconds, many } = options
if (isHelp) {
  console.log(HELP)
} else if (isTable) {
  console.log(tableOf(scheduleOf(seed, seconds)))
} else {
  const bundle = await bundleWorker()
  try {
    if (many !== undefined) {
      if (await runMany({ ...options, many }, bundle.path) > 0) process.exitCode = 1
    } else {
      const schedule = scheduleOf(seed, seconds)
      console.log(`${tableOf(schedule)}\n`)
      const outcome = await run(schedule, bundle.path)
      print(outcome, seed)
      if (outcome.failures.length > 0) process.exitCode = 1
    }
  } finally {
    await bundle.remove()
  }
}
