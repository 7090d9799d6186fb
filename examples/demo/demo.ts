// `npm run demo`: several Node.js processes share one cache in front of a Postgres, one of them is
// killed half way, another joins, and every answer is compared with the data. See worker.ts for how
// an application uses groupcache; everything else here is the stage it plays on.

import { Database } from './database.js'
import { attribution, Dataset } from './dataset.js'
import { count, duration } from './format.js'
import { parseOptions, usage, type Options } from './options.js'
import { Run } from './run.js'
import { judge } from './verdict.js'
import { View } from './view.js'

class Interrupted extends Error {}

/** @returns whether no get failed and no answer was wrong */
async function demo (options: Options, view: View, signal: AbortSignal): Promise<boolean> {
  view.say(attribution)
  view.say('starting the database and loading the cities into it …')
  const begun = performance.now()
  const dataset = new Dataset()
  const database = await Database.start(dataset.rows, signal)
  let run: Run | undefined
  try {
    view.say(`${database.description} with ${count(dataset.rows.length)} cities is ready after ${duration(performance.now() - begun)}`)
    run = new Run(options, dataset, database, event => view.say(event), signal)
    view.follow(run)
    await run.play()
    view.close()
    const { text, success } = judge(run)
    process.stdout.write(`\n${text}\n  ${attribution}\n`)
    return success
  } finally {
    view.close()
    await run?.cluster.end()
    await database.close()
  }
}

async function main (): Promise<number> {
  let options
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`)
    return 2
  }
  if (options === 'help') {
    process.stdout.write(usage)
    return 0
  }
  const interrupt = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => interrupt.abort(new Interrupted(signal)))
  }
  process.stdout.on('error', error => interrupt.abort(error)) // nobody reads on, as in `npm run demo | head`
  const view = new View(process.stdout)
  try {
    return await demo(options, view, interrupt.signal) ? 0 : 1
  } catch (error) {
    view.close()
    const interrupted = error instanceof Interrupted
    process.stderr.write(interrupted ? `\nstopped by ${error.message}\n` : `\nThe demo has failed: ${(error as Error).message}\n`)
    return interrupted ? 130 : 1
  }
}

process.exitCode = await main()
