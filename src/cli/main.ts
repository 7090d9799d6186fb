#!/usr/bin/env node
// The program `groupcache`.

import { run } from './run.js'

const ending = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => { ending.abort(new Error(`told to end by ${signal}`)) })
}
// who reads a part of the output only, such as head, is no failure
process.stdout.on('error', () => { process.exit(0) })
process.exitCode = await run(process.argv.slice(2), {
  env: process.env,
  isTerminal: process.stdout.isTTY,
  signal: ending.signal,
  print: text => { process.stdout.write(`${text}\n`) },
  complain: text => { process.stderr.write(`${text}\n`) }
})
