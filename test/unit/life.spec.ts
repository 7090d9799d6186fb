// Starts and stops that come at any time, from the node and from the application.

import { expect } from 'chai'
import { Life } from '../../src/life.js'
import { settled } from '../support/fake-clock.js'

/** Each step takes until it is told to be over. */
function start (): { life: Life, steps: string[], over: (step: string) => Promise<void> } {
  const steps: string[] = []
  const open = new Map<string, () => void>()
  const step = (name: string) => () => {
    steps.push(name)
    return new Promise<void>(resolve => { open.set(name, resolve) })
  }
  const life = new Life({ listen: step('listen'), join: step('join'), leave: step('leave'), end: step('end') })
  return {
    life,
    steps,
    async over (name) {
      open.get(name)?.()
      open.delete(name)
      await settled()
    }
  }
}

/** As {@link start}, of one that has joined. */
async function joined (): Promise<ReturnType<typeof start>> {
  const started = start()
  const starting = started.life.start()
  await settled()
  await started.over('listen')
  await started.over('join')
  await starting
  started.steps.length = 0
  return started
}

function watched (work: Promise<void>): { isOver: boolean } {
  const state = { isOver: false }
  void work.then(() => { state.isOver = true })
  return state
}

describe('the life of a service', () => {
  it('takes part when the node has started with all that is its own', async () => {
    const { life, steps, over } = start()
    life.beforeStart()
    const starting = watched(life.start())
    await settled()
    await over('listen')
    expect([starting.isOver, steps]).to.deep.equal([true, ['listen']])
    void life.afterStart()
    expect(steps).to.deep.equal(['listen', 'join'])
  })

  it('takes part at once where the node runs already', async () => {
    const { life, steps, over } = start()
    const starting = watched(life.start())
    await settled()
    await over('listen')
    expect([starting.isOver, steps]).to.deep.equal([false, ['listen', 'join']])
    await over('join')
    expect(starting.isOver).to.equal(true)
  })

  it('is started once by all who start it meanwhile, and they wait for it', async () => {
    const { life, steps, over } = start()
    const both = [life.start(), life.start()].map(watched)
    await settled()
    await over('listen')
    expect(both.map(({ isOver }) => isOver)).to.deep.equal([false, false])
    await over('join')
    expect(both.map(({ isOver }) => isOver)).to.deep.equal([true, true])
    expect(steps).to.deep.equal(['listen', 'join'])
  })

  it('is stopped once by all who stop it meanwhile: the goodbye is not cut short, and they wait for the end', async () => {
    const { life, steps, over } = await joined()
    const all = [life.stop(), life.beforeStop(), life.stop()].map(watched)
    await settled()
    expect(steps).to.deep.equal(['leave'])
    await over('leave')
    expect(steps).to.deep.equal(['leave', 'end'])
    all.push(watched(life.stop()))
    await settled()
    expect(all.map(({ isOver }) => isOver)).to.deep.equal([false, true, false, false])
    await over('end')
    expect(all.every(({ isOver }) => isOver)).to.equal(true)
    expect(steps).to.deep.equal(['leave', 'end'])
  })

  it('begins again when it has ended', async () => {
    const { life, steps, over } = await joined()
    void life.stop()
    await settled()
    await over('leave')
    const again = watched(life.start())
    await settled()
    expect(steps).to.deep.equal(['leave', 'end'])
    await over('end')
    await over('listen')
    await over('join')
    expect([again.isOver, steps]).to.deep.equal([true, ['leave', 'end', 'listen', 'join']])
  })

  it('does not begin again when it was stopped once more before it could', async () => {
    const { life, steps, over } = await joined()
    void life.stop()
    await settled()
    await over('leave')
    const work = [life.start(), life.stop()].map(watched)
    await settled()
    expect(steps).to.deep.equal(['leave', 'end'])
    await over('end')
    await over('end')
    expect(work.every(({ isOver }) => isOver)).to.equal(true)
    expect([life.isStopped, steps.includes('listen')]).to.deep.equal([true, false])
  })

  it('ends without a goodbye where it is abandoned, and where it had not joined', async () => {
    const { life, steps } = await joined()
    expect([life.abandon(), life.abandon()]).to.deep.equal([true, false])
    void life.stop()
    await settled()
    expect(steps).to.deep.equal(['end'])
    const other = start()
    void other.life.start()
    await settled()
    void other.life.stop()
    await settled()
    expect(other.steps).to.deep.equal(['listen'])
    await other.over('listen')
    expect(other.steps).to.deep.equal(['listen', 'end'])
    expect(other.life.abandon()).to.equal(false)
  })
})
