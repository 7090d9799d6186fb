// Makes the file named on the command line a program: npx runs the one of a clone where it lies.
import { chmodSync } from 'node:fs'

chmodSync(process.argv[2], 0o755)
