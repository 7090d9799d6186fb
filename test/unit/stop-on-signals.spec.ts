import { expect } from 'chai'
import { stopOnSignals } from '../../src/stop-on-signals.js'
import { settled } from '../support/fake-clock.js'

/** @param work - gets the calls of `process.kill`, which kill nobody meanwhile */
async function withoutKilling (work: (killed: unknown[]) => Promise<void>): Promise<void> {
  const killed: unknown[] = []
  const original = Object.getOwnPropertyDescriptor(process, 'kill')
  Object.defineProperty(process, 'kill', { configurable: true, value: (pid: number, signal: string) => killed.push([pid, signal]) })
  try {
    await work(killed)
  } finally {
    if (original !== undefined) Object.defineProperty(process, 'kill', original)
  }
}

describe('stopping on a signal', () => {
  it('ends the process when all of its nodes have stopped, and not before', () => withoutKilling(async killed => {
    const nodes = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    for (const { promise } of nodes) stopOnSignals({ stop: () => promise }, ['SIGUSR2'])
    process.emit('SIGUSR2', 'SIGUSR2')
    nodes[1]?.resolve()
    await settled()
    expect([killed, process.listenerCount('SIGUSR2')]).to.deep.equal([[], 0])
    nodes[0]?.resolve()
    await settled()
    expect(killed).to.deep.equal([[process.pid, 'SIGUSR2']])
  }))

  it('leaves the end to others who listen, and listens no more where it was told so', () => withoutKilling(async killed => {
    const stopped: string[] = []
    const listener = (): void => {}
    process.on('SIGUSR2', listener)
    stopOnSignals({ stop: async () => { stopped.push('a') } }, ['SIGUSR2'])
    stopOnSignals({ stop: async () => { stopped.push('b') } }, ['SIGUSR2'])()
    process.emit('SIGUSR2', 'SIGUSR2')
    await settled()
    process.off('SIGUSR2', listener)
    expect([killed, stopped]).to.deep.equal([[], ['a']])
  }))
})
