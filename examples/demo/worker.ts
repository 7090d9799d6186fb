// One node: a process as an application would run it, with a cache in front of a database. All that
// concerns groupcache is in `start` and `answer`; the rest reports to the driver.

import { hangUp, tell } from './live-with-driver.js'
import { createGroupcache, host, type Group, type Groupcache } from 'groupcache'
import pg from 'pg'
import type { City } from './dataset.js'
import type { Answer, Command, NodeSettings, Report } from './messages.js'

const reportInterval = 200
const sampledKeys = Array.from({ length: 2_000 }, (_, i) => `sample-${i}`)

async function start ({ name, cluster, members, database }: NodeSettings): Promise<Node> {
  const pool = new pg.Pool({ connectionString: database.url, max: 3 })
  pool.on('error', () => {}) // an idle connection broke: the next query says so

  const cache = await createGroupcache({
    cluster,
    name,
    discovery: [host()], // the processes of this machine; nothing leaves it
    listen: ['/ip4/127.0.0.1/tcp/0']
  })
  const cities = cache.group<City>('cities', {
    load: async id => {
      const { rows } = await pool.query<{ city: City }>(`select ${database.schema}.city($1) as city`, [id])
      if (rows[0] === undefined) throw new Error(`no city has the id ${id}`)
      return rows[0].city
    }
  })
  const node = new Node(cache, cities, pool)
  // A node that knows nobody yet owns every key, and would load them all itself.
  await cache.ready({ members })
  return node
}

class Node {
  readonly #cache: Groupcache
  readonly #cities: Group<City>
  readonly #pool: pg.Pool
  readonly #reporting: NodeJS.Timeout
  #share = 0
  #answers: Answer[] = []

  constructor (cache: Groupcache, cities: Group<City>, pool: pg.Pool) {
    this.#cache = cache
    this.#cities = cities
    this.#pool = pool
    const dropped = (event: CustomEvent<{ name: string }>): void =>
      report({ type: 'dropped', member: event.detail.name, at: Date.now() })
    cache.addEventListener('member:fail', dropped)
    cache.addEventListener('member:leave', dropped)
    cache.addEventListener('ring:change', () => this.#measureShare())
    this.#measureShare()
    this.#reporting = setInterval(() => this.#reportStatus(), reportInterval)
  }

  /** Never rejects: the driver counts errors, it does not end for them. */
  async answer (id: number): Promise<void> {
    const asked = performance.now()
    let answer: Answer
    try {
      const city = await this.#cities.get(String(id))
      answer = { id, took: performance.now() - asked, city }
    } catch (error) {
      answer = { id, took: performance.now() - asked, error: String(error) }
    }
    // Answers of about the same time share a message.
    if (this.#answers.push(answer) === 1) setTimeout(() => this.#sendAnswers(), 10)
  }

  countOwned (ids: number[], owner: string): number {
    return ids.filter(id => this.#cities.owner(String(id)).name === owner).length
  }

  /** After this nothing keeps the process alive, so it ends by itself. */
  async stop (): Promise<void> {
    clearInterval(this.#reporting)
    this.#sendAnswers()
    this.#reportStatus()
    await this.#cache.stop()
    await this.#pool.end()
  }

  #sendAnswers (): void {
    report({ type: 'answers', answers: this.#answers })
    this.#answers = []
  }

  #reportStatus (): void {
    const members = this.#cache.members.map(member => member.name)
    report({ type: 'status', status: { members, share: this.#share, stats: this.#cities.stats() } })
  }

  #measureShare (): void {
    this.#share = sampledKeys.filter(key => this.#cities.owner(key).self).length / sampledKeys.length
  }
}

function report (message: Report): void {
  tell(message)
}

let node: Node | undefined

async function obey (command: Command): Promise<void> {
  switch (command.type) {
    case 'start':
      node = await start(command.settings)
      report({ type: 'ready' })
      break
    case 'get':
      for (const id of command.ids) void node?.answer(id)
      break
    case 'count-owned':
      report({ type: 'owned', count: node?.countOwned(command.ids, command.owner) ?? 0 })
      break
    case 'stop':
      await node?.stop()
      hangUp()
      break
  }
}

process.on('message', (command: Command) => { void obey(command) })
