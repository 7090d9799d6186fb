// Runs a target that hangs: the process is ended from outside. For fuzzer.spec.ts.

import { BROKEN } from './broken.js'
import { Fuzzer } from './fuzzer.js'
import { Watchdog } from './watchdog.js'

await new Fuzzer(BROKEN.hangs, { seed: 1, watchdog: new Watchdog(Number(process.argv[2])) }).run(10_000)
console.log('it did not hang')
