// Keeps count of a run, and compares every answer with the data.

import { isDeepStrictEqual } from 'node:util'
import type { Dataset } from './dataset.js'
import type { Answer } from './messages.js'

export class Tally {
  asked = 0
  answered = 0
  failed = 0
  wrong = 0
  /** Gets whose caller was killed before it had the answer. */
  cutOff = 0
  /** The first failure and the first wrong answer, in words. */
  readonly examples: string[] = []
  readonly distinct = new Set<number>()
  /** Waited for no longer: what is answered from now on does not count. */
  #isClosed = false
  readonly #took: number[] = []
  readonly #dataset: Dataset

  constructor (dataset: Dataset) {
    this.#dataset = dataset
  }

  ask (ids: number[]): void {
    this.asked += ids.length
    for (const id of ids) this.distinct.add(id)
  }

  check (answers: Answer[]): void {
    if (this.#isClosed) return
    for (const answer of answers) {
      this.answered++
      this.#took.push(answer.took)
      if ('error' in answer) {
        if (this.failed++ === 0) this.examples.push(`the get of city ${answer.id} failed: ${answer.error}`)
        continue
      }
      const expected = this.#dataset.expected(answer.id)
      if (isDeepStrictEqual(answer.city, expected)) continue
      if (this.wrong++ === 0) {
        this.examples.push(
          `the get of city ${answer.id} answered ${JSON.stringify(answer.city)} instead of ${JSON.stringify(expected)}`)
      }
    }
  }

  /** Counts the gets that still wait for their answer as failed. */
  close (): void {
    this.#isClosed = true
    if (this.open === 0) return
    this.examples.push(`${this.open} gets were given up without an answer`)
    this.failed += this.open
  }

  /** Gets that still wait for their answer. */
  get open (): number {
    return this.asked - this.answered - this.cutOff
  }

  /** How long the given part of the gets took at most, in milliseconds: 0.5 for the median. */
  quantile (part: number): number {
    const sorted = this.#took.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
  }
}
