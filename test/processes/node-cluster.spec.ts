// Workers of node:cluster share the ports they listen on, unless told not to: each has to be a member of its own.

import { expect } from 'chai'
import nodeCluster from 'node:cluster'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:cluster'

const EXEC = fileURLToPath(new URL('../support/cluster-worker.ts', import.meta.url))

describe('workers of node:cluster', function () {
  this.timeout(60_000)
  let workers: Worker[] = []

  afterEach(async () => {
    const running = workers.filter(worker => !worker.isDead())
    await Promise.all(running.map(async worker => {
      const exit = once(worker, 'exit')
      worker.process.kill('SIGKILL')
      await exit
    }))
  })

  it('find each other through host(), each with a port of its own, and end when they stop', async () => {
    nodeCluster.setupPrimary({ exec: EXEC, execArgv: ['--import', 'tsx'], args: [randomUUID(), '4'] })
    workers = Array.from({ length: 4 }, () => nodeCluster.fork())
    const told = await Promise.all(workers.map(async worker => {
      const [message] = await Promise.race([once(worker, 'message'), once(worker, 'exit').then(() => { throw new Error('a worker ended') })]) as [{ address: string, members: number }]
      return message
    }))
    expect(told.map(({ members }) => members)).to.deep.equal([4, 4, 4, 4])
    expect(new Set(told.map(({ address }) => /tcp\/(\d+)/.exec(address)?.[1])).size).to.equal(4)
    const exits = workers.map(worker => once(worker, 'exit'))
    for (const worker of workers) worker.send('stop')
    await Promise.all(exits)
    expect(workers.map(worker => worker.process.exitCode)).to.deep.equal([0, 0, 0, 0])
  })
})
