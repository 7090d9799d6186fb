// The manifests of the Kubernetes example: what Kubernetes accepts, and what fits together. The app itself runs in examples.spec.ts.

import { expect } from 'chai'
import { readFileSync, readdirSync } from 'node:fs'
import type { IDeployment } from 'kubernetes-models/apps/v1/Deployment'
import type { INetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1/NetworkPolicy'
import type { IPodDisruptionBudget } from 'kubernetes-models/policy/v1/PodDisruptionBudget'
import type { ISecret } from 'kubernetes-models/v1/Secret'
import type { IService } from 'kubernetes-models/v1/Service'
import { ROOT } from '../support/documents.js'
import { invalid, parseManifests, unknownFields } from '../support/kubernetes-manifests.js'
import type { Manifest } from '../support/kubernetes-manifests.js'

const FOLDER = `${ROOT}examples/kubernetes/`
const read = (file: string): string => readFileSync(FOLDER + file, 'utf8')

describe('the manifests of the Kubernetes example', function () {
  this.timeout(300_000)
  const files = ['secret.yaml', ...readdirSync(`${FOLDER}manifests`).map(file => `manifests/${file}`)]
  const manifests = files.flatMap(file => parseManifests(read(file)))
  const only = <T>(kind: string, name: string): T => {
    const found = manifests.filter(manifest => manifest.kind === kind && manifest.metadata.name === name)
    expect(found, `${kind} ${name}`).to.have.length(1)
    return found[0] as T
  }
  const deployment = only<IDeployment>('Deployment', 'shop')
  const pod = deployment.spec?.template
  const container = pod?.spec?.containers[0]
  const ports = new Map(container?.ports?.map(({ name, containerPort }) => [name, containerPort]))
  const env = new Map(container?.env?.map(variable => [variable.name, variable]))

  it('are what Kubernetes accepts, to the last field', () => {
    expect(manifests.map(({ kind }) => kind).sort()).to.deep.equal(['Deployment', 'Namespace', 'NetworkPolicy', 'PodDisruptionBudget', 'Secret', 'Service', 'Service'])
    expect(invalid(manifests)).to.deep.equal([])
    expect(unknownFields(manifests)).to.deep.equal([])
  })

  it('would be refused with a wrong type, a missing or an unknown field', () => {
    const changed = (change: (manifest: IDeployment) => void): Manifest[] => {
      const copy = structuredClone(deployment)
      change(copy)
      return [copy as Manifest]
    }
    expect(invalid(changed(({ spec }) => { Object.assign(spec ?? {}, { replicas: '3' }) })).join()).to.include('replicas')
    expect(invalid(changed(({ spec }) => { delete (spec as { selector?: unknown }).selector })).join()).to.include('selector')
    expect(unknownFields(changed(({ spec }) => { Object.assign(spec?.template.spec?.containers[0]?.readinessProbe ?? {}, { timeoutSecond: 1 }) })).join()).to.include('timeoutSecond')
    expect(unknownFields(changed(({ spec }) => { Object.assign(spec?.template.spec ?? {}, { gracePeriod: 1 }) })).join()).to.include('gracePeriod')
  })

  it('are all in the namespace', () => {
    for (const { kind, metadata } of manifests) if (kind !== 'Namespace') expect(metadata.namespace, `${kind} ${metadata.name}`).to.equal('shop')
  })

  it('select the pods of the deployment', () => {
    const policy = only<INetworkPolicy>('NetworkPolicy', 'shop')
    const selectors = [
      deployment.spec?.selector.matchLabels,
      only<IService>('Service', 'shop').spec?.selector,
      only<IService>('Service', 'shop-cache').spec?.selector,
      only<IPodDisruptionBudget>('PodDisruptionBudget', 'shop').spec?.selector?.matchLabels,
      policy.spec?.podSelector?.matchLabels,
      policy.spec?.ingress?.[1]?.from?.[0]?.podSelector?.matchLabels,
      policy.spec?.egress?.[0]?.to?.[0]?.podSelector?.matchLabels,
      pod?.spec?.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels
    ]
    for (const selector of selectors) {
      expect(Object.keys(selector ?? {})).to.not.have.length(0)
      expect(pod?.metadata?.labels).to.include(selector)
    }
  })

  it('name ports that the container has', () => {
    const probes = [container?.startupProbe, container?.readinessProbe, container?.livenessProbe].map(probe => probe?.httpGet?.port)
    const services = ['shop', 'shop-cache'].flatMap(name => only<IService>('Service', name).spec?.ports?.map(({ targetPort }) => targetPort) ?? [])
    const { ingress = [], egress = [] } = only<INetworkPolicy>('NetworkPolicy', 'shop').spec ?? {}
    const allowed = [...ingress, egress[0]].flatMap(rule => rule?.ports?.map(({ port }) => port) ?? [])
    for (const port of [...probes, ...services, ...allowed]) expect([...ports.keys()]).to.include(port)
    expect(probes).to.deep.equal(['http', 'http', 'http'])
    expect(services).to.deep.equal(['http', 'groupcache'])
    expect(allowed).to.deep.equal(['http', 'groupcache', 'groupcache'])
  })

  it('have pods find each other by the headless service', () => {
    const service = only<IService>('Service', 'shop-cache')
    expect(env.get('CACHE_HOSTNAME')?.value).to.equal(`${service.metadata?.name}.${service.metadata?.namespace}.svc.cluster.local`)
    expect(service.spec).to.include({ clusterIP: 'None', publishNotReadyAddresses: true })
    expect(service.spec?.ports?.[0]?.port).to.equal(ports.get('groupcache'))
    expect(env.get('CACHE_PORT')?.value).to.equal(`${ports.get('groupcache')}`)
    expect(env.get('PORT')?.value).to.equal(`${ports.get('http')}`)
    expect(env.get('MEMBERS')?.value).to.equal(`${deployment.spec?.replicas}`)
  })

  it('hand over: nothing is cut short', () => {
    expect(deployment.spec?.strategy?.rollingUpdate).to.deep.equal({ maxSurge: 1, maxUnavailable: 0 })
    const [command, seconds] = container?.lifecycle?.preStop?.exec?.command ?? []
    expect(command).to.equal('sleep')
    // and 20 s for the requests under way and the hand-over
    expect(pod?.spec?.terminationGracePeriodSeconds).to.be.at.least(Number(seconds) + 20)
  })

  it('take the secret from where it is', () => {
    const { name, key } = env.get('CACHE_SECRET')?.valueFrom?.secretKeyRef ?? {}
    expect(only<ISecret>('Secret', `${name}`).stringData).to.have.property(`${key}`).that.matches(/^replace me/)
  })

  it('set variables and ask paths that the app has', () => {
    const app = read('server.ts')
    for (const name of env.keys()) expect(app).to.match(new RegExp(`\\b${name}\\b.*\\n?.*= process\\.env|^ .*\\b${name}\\b`, 'm'))
    for (const probe of [container?.startupProbe, container?.readinessProbe, container?.livenessProbe]) expect(app).to.include(`case '${probe?.httpGet?.path}':`)
  })

  it('run an image of a Dockerfile that fits', () => {
    const dockerfile = read('Dockerfile')
    const copied = [...dockerfile.matchAll(/^COPY (\S+) /gm)].map(([, file]) => file)
    expect(copied).to.deep.equal(['server.ts'])
    expect(/^CMD \["node", "(.*)"\]$/m.exec(dockerfile)?.[1]).to.equal('server.ts')
    expect(/^EXPOSE (.*)$/m.exec(dockerfile)?.[1]?.split(' ').map(Number)).to.have.members([...ports.values()])
    const { version } = JSON.parse(readFileSync(`${ROOT}package.json`, 'utf8')) as { version: string }
    expect(version.startsWith(`${/groupcache@([\d.]+)/.exec(dockerfile)?.[1]}.`)).to.equal(true)
    // what it imports besides Node.js' own modules is what the image has
    const imports = [...read('server.ts').matchAll(/from '(.*)'/g)].map(([, name]) => name).filter(name => name?.startsWith('node:') === false)
    expect(imports).to.deep.equal(['groupcache'])
  })
})
