// The worker and the library in one file: a process that starts from it needs a quarter of a second of a core, instead of two
// and a half, and schedules start many.

import { build } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface Bundle { path: string, remove: () => Promise<void> }

export async function bundleWorker (): Promise<Bundle> {
  const folder = await mkdtemp(join(tmpdir(), 'groupcache-chaos-'))
  const path = join(folder, 'worker.mjs')
  await build({
    entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // CommonJS dependencies require Node's modules
    banner: { js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);" },
    // package.json's list of files with side effects is of dist/
    ignoreAnnotations: true,
    logLevel: 'error'
  })
  return { path, remove: () => rm(folder, { recursive: true }) }
}
