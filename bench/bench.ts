// How fast is this library, beside what else one could take? The contestants' servers run in processes of their own, as in
// real life; what counts are ratios within one run, because machines are noisy.
//
//   npm run bench -- [--quick] [--only remote,large,batch,local] [--json FILE] [--help]

import { open, writeFile } from 'node:fs/promises'
import { describeMachine, machineLine } from './suite/machine.js'
import { HELP, readOptions } from './suite/options.js'
import { Progress } from './suite/progress.js'
import { missingLines, reportRow, table, toJson } from './suite/report.js'
import { countRounds, runScenario } from './suite/rounds.js'
import { scenarios } from './suite/scenarios.js'
import type { BenchOptions } from './suite/options.js'
import type { ReportRow } from './suite/report.js'

async function run (options: BenchOptions): Promise<void> {
  const date = new Date()
  const machine = await describeMachine()
  console.log(`${machineLine(machine)}; medians of ${options.rounds} rounds of ${options.roundMs} ms\n`)
  const chosen = scenarios(options.only, options.inFlight)
  const progress = new Progress(countRounds(chosen, options), options.roundMs)
  const rows: ReportRow[] = []
  try {
    for (const scenario of chosen) rows.push(...(await runScenario(scenario, options, progress)).map(reportRow))
  } finally {
    // what was found before a failure is told, too
    progress.clear()
    if (rows.length > 0) console.log(table(rows))
    const missing = missingLines(rows)
    if (missing.length > 0) console.log(`\n${missing.join('\n')}`)
  }
  if (options.json !== undefined) await writeFile(options.json, toJson(rows, machine, date, options))
}

/** Minutes of work are not to end in a folder that is not there. */
async function checkWritable (file: string): Promise<void> {
  try {
    await (await open(file, 'a')).close()
  } catch (cause) {
    throw new Error(`--json: expected a file that can be written, got ${JSON.stringify(file)} (${(cause as Error).message})`, { cause })
  }
}

async function chosenOptions (): Promise<BenchOptions | 'help' | undefined> {
  try {
    const options = readOptions(process.argv.slice(2))
    if (options !== 'help' && options.json !== undefined) await checkWritable(options.json)
    return options
  } catch (err) {
    console.error(`${(err as Error).message}\nnpm run bench -- --help lists what there is`)
    process.exitCode = 2
    return undefined
  }
}

// what is done at an exit is done then, too
for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]] as const) process.once(signal, () => { process.exit(code) })

const options = await chosenOptions()
if (options === 'help') console.log(HELP)
else if (options !== undefined) await run(options)
