// npm run chaos: one schedule, or many of them.

import { parseArgs } from 'node:util'
import { bundleWorker } from './bundle.js'
import { run } from './run.js'
import { scheduleOf } from './schedule.js'
import { tableOf } from './table.js'

const { values } = parseArgs({ options: { seed: { type: 'string', default: '0' }, seconds: { type: 'string', default: '60' } } })
const schedule = scheduleOf(Number(values.seed), Number(values.seconds))
console.log(tableOf(schedule))
const bundle = await bundleWorker()
const { failures, figures, log } = await run(schedule, bundle.path)
await bundle.remove()
console.log(log.join('\n'))
console.log(failures.slice(0, 20).join('\n'))
console.log(JSON.stringify(figures), failures.length)
console.log(process.resourceUsage().userCPUTime / 1e6, process.resourceUsage().systemCPUTime / 1e6)
