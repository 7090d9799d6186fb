// The Postgres that the nodes load from: the embedded one, or the user's own by DATABASE_URL.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import pg from 'pg'
import type { CityRow } from './dataset.js'
import { endChild } from './end-child.js'

const startDeadline = 30_000

/** Where a node finds the cities. */
export interface DatabaseAddress {
  url: string
  /** Everything the demo makes is in this schema, so that it can be dropped as a whole. */
  schema: string
}

export class Database {
  readonly address: DatabaseAddress
  readonly description: string
  readonly #pool: pg.Pool
  readonly #server: ChildProcess | undefined

  private constructor (address: DatabaseAddress, description: string, pool: pg.Pool, server?: ChildProcess) {
    this.address = address
    this.description = description
    this.#pool = pool
    this.#server = server
  }

  /** @throws Error that says which database could not be reached, and why */
  static async start (rows: readonly CityRow[], signal: AbortSignal): Promise<Database> {
    const own = process.env.DATABASE_URL
    const embedded = own === undefined || own === '' ? await startEmbedded(signal) : undefined
    const url = embedded?.url ?? own ?? ''
    const pool = new pg.Pool({ connectionString: url, max: 2, connectionTimeoutMillis: 10_000 })
    pool.on('error', () => {}) // an idle connection broke: the next query says so
    const database = new Database(
      { url, schema: `groupcache_demo_${process.pid}` },
      embedded === undefined ? 'the Postgres of DATABASE_URL' : 'an embedded Postgres (PGlite)',
      pool,
      embedded?.server
    )
    try {
      await database.#create(rows, signal)
      return database
    } catch (error) {
      await database.close()
      signal.throwIfAborted()
      throw new Error(`${database.description} cannot be used: ${reason(error)}`, { cause: error })
    }
  }

  /**
   * How many times the nodes' query has run, as the database counted it: the function `city` takes a
   * number from a sequence each time it runs. Numbers taken are never given back, so a query counts
   * even when the node that asked for it was killed before it got the answer.
   */
  async queries (): Promise<number> {
    const { rows } = await this.#pool.query<{ count: string }>(
      `select case when is_called then last_value else 0 end as count from ${this.address.schema}.queries`)
    return Number(rows[0]?.count)
  }

  /** Leaves nothing behind. Never throws, so that it may run after any failure. */
  async close (): Promise<void> {
    if (this.#server === undefined) {
      await this.#pool.query(`drop schema if exists ${this.address.schema} cascade`).catch(() => {})
    }
    await this.#pool.end().catch(() => {})
    if (this.#server !== undefined) await endChild(this.#server)
  }

  async #create (rows: readonly CityRow[], signal: AbortSignal): Promise<void> {
    const { schema } = this.address
    await this.#pool.query(`
      create schema ${schema};
      create sequence ${schema}.queries;
      create table ${schema}.cities (
        id int primary key, name text not null, country text not null, region text not null, population int not null
      )`)
    const batch = 5_000
    for (let start = 0; start < rows.length; start += batch) {
      signal.throwIfAborted()
      const part = rows.slice(start, start + batch)
      await this.#pool.query(
        `insert into ${schema}.cities select * from unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::int[])`,
        [part.map(row => row.id), part.map(row => row.name), part.map(row => row.country),
          part.map(row => row.region), part.map(row => row.population)])
    }
    await this.#pool.query(`
      create index on ${schema}.cities (country, population);
      create index on ${schema}.cities (country, region, population desc, id);
      ${cityFunction(schema)}`)
    await this.#pool.query(`vacuum analyze ${schema}.cities`)
  }
}

/** The query that is worth caching: a millisecond or more, where a cache hit takes some microseconds. */
function cityFunction (schema: string): string {
  return `
    create function ${schema}.city (wanted int) returns json language plpgsql as $$
    begin
      perform nextval('${schema}.queries');
      return (
        select json_build_object(
          'id', city.id, 'name', city.name, 'country', city.country, 'region', city.region, 'population', city.population,
          'rankInCountry', (
            select count(*) + 1 from ${schema}.cities other
            where other.country = city.country and other.population > city.population),
          'regionPopulation', (
            select sum(population) from ${schema}.cities other
            where other.country = city.country and other.region = city.region),
          'largestNeighbours', (
            select coalesce(json_agg(name), '[]') from (
              select name from ${schema}.cities other
              where other.country = city.country and other.region = city.region and other.id <> city.id
              order by population desc, id limit 5) largest))
        from ${schema}.cities city where city.id = wanted);
    end $$`
}

async function startEmbedded (signal: AbortSignal): Promise<{ url: string, server: ChildProcess }> {
  const server = fork(new URL('./database-server.ts', import.meta.url), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    const exited = new AbortController()
    server.once('exit', code => exited.abort(new Error(`the embedded database ended with code ${code} before it was ready`)))
    const [url] = await once(server, 'message', {
      signal: AbortSignal.any([signal, exited.signal, AbortSignal.timeout(startDeadline)])
    }) as [string]
    return { url, server }
  } catch (error) {
    await endChild(server)
    throw error instanceof Error && error.cause instanceof Error ? error.cause : error
  }
}

/** Errors of refused connections have an empty message and say why in their parts. */
function reason (error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reason).join(', ')
  return error instanceof Error ? error.message : String(error)
}
