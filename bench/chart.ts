// Draws docs/images/performance.svg from the table of remote hits in docs/performance.md, so that the picture says what the table does.
//
//   node --import tsx bench/chart.ts

import { readFileSync, writeFileSync } from 'node:fs'
import { barChart } from './suite/bar-chart.js'
import { ratios } from './suite/table.js'

const table = readFileSync(new URL('../docs/performance.md', import.meta.url), 'utf8')
writeFileSync(new URL('../docs/images/performance.svg', import.meta.url), barChart(ratios(table)))
