// Options of a node, of a side door and of the command line that somebody mistyped.

import { run } from '../../../src/cli/run.js'
import { SERVE_FLAGS, serveOptions } from '../../../src/cli/serve-options.js'
import { INIT_OPTIONS, settingsOf } from '../../../src/settings.js'
import { sideDoorSettings } from '../../../src/side-door/options.js'
import { must, tried, triedLater } from '../target.js'
import { aValue } from './valid-values.js'
import { Random } from '../random.js'
import type { SideDoorOptions } from '../../../src/side-door/index.js'
import type { Target, Verdict } from '../target.js'

interface Input { kind: 'node' | 'door' | 'flags' | 'argv', seed: number }

const WORDS = ['', '0', '1', '-1', '65536', 'NaN', '1e9', 'a', 'a=http://127.0.0.1:1/{key}', '=', '={key}', 'http://127.0.0.1:1/{key}', 'http://x/', 'none', 'host', 'mdns', 'dns:a:1', 'dns:::', 'dns', '/ip4/127.0.0.1/tcp/1', '/x', '__proto__', 'toString', 'ü', '\0']
const DOOR_OPTIONS = ['groups', 'host', 'port', 'token', 'allowedHosts', 'maxBodyBytes', 'rateLimit', 'timeout', 'metrics', '__proto__', 'odd']
const REFUSALS = ['InvalidParametersError', 'CliError']
const shell = { env: {}, isTerminal: false, print: () => {}, complain: () => {}, signal: new AbortController().signal }

export const options: Target<Input> = {
  name: 'options',
  what: 'options of a node, of a side door and of the command line',
  weight: 1,
  generate: random => ({ kind: random.pick(['node', 'door', 'flags', 'argv'] as const), seed: random.int(2 ** 32) }),
  async run ({ kind, seed }): Promise<Verdict> {
    const random = new Random(seed)
    const word = (): string => random.chance(0.9) ? random.pick(WORDS) : random.text()
    const given = (names: readonly string[]): Record<string, unknown> => Object.fromEntries(random.list(3, () => [random.pick(names), random.chance(0.5) ? word() : aValue(random)]))
    switch (kind) {
      case 'node': return verdict(tried(REFUSALS, () => settingsOf({ discovery: [], ...given(INIT_OPTIONS) })))
      case 'door': return verdict(tried(REFUSALS, () => sideDoorSettings({ cache: {}, ...given(DOOR_OPTIONS) } as unknown as SideDoorOptions)))
      case 'flags': {
        const flags = Object.fromEntries(random.list(3, () => random.pick(Object.keys(SERVE_FLAGS).filter(name => !name.endsWith('-file') && name !== 'config'))).map(name => [name, SERVE_FLAGS[name]?.multiple === true ? random.list(3, word) : word()]))
        const env = Object.fromEntries(random.list(3, () => [`GROUPCACHE_${random.pick(['TTL', 'GROUP', 'DISCOVERY', 'HTTP_PORT', 'SECRET', 'LISTEN'])}`, word()]))
        return verdict(await triedLater(REFUSALS, () => serveOptions({ flags: { discovery: ['none'], ...flags }, args: [] }, { ...shell, env })))
      }
      case 'argv': {
        // of the commands nothing is run: one argument too many
        const argv = [random.pick(['status', 'owner', 'remove', 'top', '--help', word()]), ...random.list(4, () => random.chance(0.5) ? `--${random.pick(['json', 'url', 'token-file', '__proto__', word()])}` : word()), 'a', 'b', 'c', 'd']
        const code = await run(argv, shell)
        must(code === 0 || code === 1 || code === 2, `the exit code ${code}`)
        return code === 0 ? 'accepted' : 'refused'
      }
    }
  }
}

function verdict (outcome: unknown): Verdict {
  return outcome === undefined ? 'refused' : 'accepted'
}
