// Copies the first folder named on the command line to the second: what a build needs beside what the compiler makes.
import { cpSync } from 'node:fs'

const [from, to] = process.argv.slice(2)
cpSync(from, to, { recursive: true })
