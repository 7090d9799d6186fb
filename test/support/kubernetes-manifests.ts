// Kubernetes manifests against the schemas of Kubernetes: as the API server does with strict field validation.

import { createRequire } from 'node:module'
import { parseAllDocuments } from 'yaml'
import { ROOT } from './documents.js'
import { typeErrors } from './type-errors.js'

export interface Manifest {
  apiVersion: string
  kind: string
  metadata: { name: string, namespace?: string }
}

export function parseManifests (yaml: string): Manifest[] {
  return parseAllDocuments(yaml).map(document => {
    if (document.errors.length > 0) throw document.errors[0] as Error
    return document.toJS() as Manifest
  })
}

const require = createRequire(import.meta.url)

/** What Kubernetes' schemas say against them: wrong types and values, and what is missing. */
export function invalid (manifests: readonly Manifest[]): string[] {
  return manifests.flatMap(manifest => {
    const models = require(`kubernetes-models/${moduleOf(manifest)}`) as Record<string, new (data: unknown) => { validate (): void }>
    const Model = models[manifest.kind]
    if (Model === undefined) return [`${manifest.apiVersion} has no ${manifest.kind}`]
    try {
      new Model(manifest).validate()
      return []
    } catch (err) {
      return [`${manifest.kind} ${manifest.metadata.name}: ${(err as Error).message}`]
    }
  })
}

/** Fields that Kubernetes does not know. JSON schemas let those pass; a literal of the schemas' TypeScript types may not have any. */
export function unknownFields (manifests: readonly Manifest[]): string[] {
  const lines = manifests.map((manifest, i) =>
    `import type { I${manifest.kind} as T${i} } from 'kubernetes-models/${moduleOf(manifest)}'\nexport const m${i}: T${i} = ${JSON.stringify(manifest)}`)
  return typeErrors(new Map([[`${ROOT}test/manifests.ts`, lines.join('\n')]])).map(({ message }) => message)
}

/** core/v1 is v1 there, and groups with a dot keep it. */
function moduleOf ({ apiVersion, kind }: Manifest): string {
  return `${apiVersion}/${kind}`
}
