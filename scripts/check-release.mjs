// Whether a tag may be published: package.json has its version, and the changelog says what is in it.
//
//     node scripts/check-release.mjs v1.2.3

import { readFileSync } from 'node:fs'

const [tag] = process.argv.slice(2)
const read = file => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8')
const { version, repository } = JSON.parse(read('package.json'))
const faults = []
if (tag !== `v${version}`) faults.push(`the tag is ${tag}, package.json says ${version}`)
if (!new RegExp(`^## \\[?${version.replaceAll('.', '\\.')}\\b`, 'm').test(read('CHANGELOG.md'))) faults.push(`CHANGELOG.md has no section ${version}`)
// npm compares it with where the workflow runs
if (repository === undefined) faults.push('package.json has no repository, which a provenance statement needs')
for (const fault of faults) console.error(fault)
process.exitCode = faults.length === 0 ? 0 : 1
