// What a run tells on its standard output.

import { figuresOf } from './many.js'
import type { Outcome } from './run.js'

const MOST_FAILURES = 100

export function print (outcome: Outcome, seed: number): void {
  const { leftOut, failures, log } = outcome
  if (leftOut !== undefined) {
    console.log(`seed ${seed}: not run: ${leftOut}`)
    return
  }
  console.log(`${log.join('\n')}\n\n${figuresOf(outcome)}`)
  for (const failure of failures.slice(0, MOST_FAILURES)) console.log(failure)
  console.log(failures.length === 0 ? `seed ${seed}: passed` : `seed ${seed}: ${failures.length} failures`)
}
