// The live page. What comes from the cluster becomes text, never HTML.

const TURN = 2 * Math.PI
const HISTORY = 120
const at = id => document.getElementById(id)
const state = { token: sessionStorage.getItem('token') ?? '', history: [], groups: '' }

// ---- what is shown ----

function element (name, attributes = {}, ...children) {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

function drawn (name, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  if (text !== undefined) made.textContent = text
  return made
}

const percent = part => `${(part * 100).toFixed(1)} %`
const many = number => number.toLocaleString('en')
const bytes = number => number < 1024 ? `${number} B` : number < 1024 ** 2 ? `${(number / 1024).toFixed(1)} KiB` : `${(number / 1024 ** 2).toFixed(1)} MiB`

function time (ms) {
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86400)} d`
}

const colour = index => `c${index % 8}`

function list (target, pairs) {
  target.replaceChildren(...pairs.flatMap(([term, value]) => [element('dt', {}, term), element('dd', {}, value)]))
}

function items (target, texts, none) {
  const shown = texts.length === 0 ? [element('li', { class: 'none' }, none)] : texts.map(text => element('li', {}, text))
  // a screen reader would read again what is the same
  if ([...target.children].map(child => child.textContent).join('\n') !== shown.map(child => child.textContent).join('\n')) target.replaceChildren(...shown)
}

function showRing (members, name) {
  const present = members.filter(({ share }) => share > 0)
  const ring = at('ring')
  let turn = -TURN / 4
  const arcs = present.map(({ share, index }) => {
    const [from, to] = [turn, turn + Math.min(share, 0.9999) * TURN]
    turn += share * TURN
    const point = angle => `${(100 + 78 * Math.cos(angle)).toFixed(2)} ${(100 + 78 * Math.sin(angle)).toFixed(2)}`
    return drawn('path', { class: colour(index), d: `M ${point(from + 0.01)} A 78 78 0 ${share > 0.5 ? 1 : 0} 1 ${point(Math.max(from + 0.011, to - 0.01))}` })
  })
  const count = drawn('text', { x: 100, y: 98 }, `${present.length} ${present.length === 1 ? 'owner' : 'owners'}`)
  const self = drawn('text', { x: 100, y: 115, class: 'small' }, `seen by ${name.length > 16 ? `${name.slice(0, 15)}…` : name}`)
  ring.replaceChildren(...arcs, count, self)
  ring.setAttribute('aria-label', `the ring: ${present.map(({ name, share }) => `${name} ${percent(share)}`).join(', ')}`)
}

function showMembers (members) {
  at('members').replaceChildren(...members.map(({ name, self, state, share, since, multiaddrs, index }) => {
    const isGone = state === 'dead' || state === 'left'
    const swatch = element('span', { class: `swatch ${colour(index)}`, 'aria-hidden': 'true' })
    return element('tr', { 'data-name': name, ...(isGone ? { class: 'gone' } : {}) },
      element('td', { class: 'name', title: name }, swatch, self ? `${name} (this one)` : name),
      element('td', { class: state }, state),
      element('td', { class: 'number' }, isGone ? '–' : percent(share)),
      element('td', { class: 'number' }, time(since)),
      element('td', {}, (multiaddrs[0] ?? '–').replace(/\/p2p\/.*$/, '')))
  }))
}

function showRates (rates) {
  const ratio = rates.gets === 0 ? '–' : percent(rates.hits / rates.gets)
  list(at('rates'), [['gets a second', many(rates.gets)], ['from memory', ratio], ['asked of others', many(rates.peerGets)], ['asked by others', many(rates.serverGets)], ['loads', many(rates.loads)], ['errors', many(rates.errors)]])
  const most = Math.max(1, ...state.history.map(({ gets }) => gets))
  const line = name => state.history.map((each, i) => `${((HISTORY - state.history.length + i) * 240 / (HISTORY - 1)).toFixed(1)},${(58 - each[name] / most * 55).toFixed(1)}`).join(' ')
  at('rate-chart').replaceChildren(drawn('polyline', { class: 'gets', points: line('gets') }), drawn('polyline', { class: 'hits', points: line('hits') }))
  at('rate-chart').setAttribute('aria-label', `gets a second: ${many(rates.gets)} now, ${many(most)} at most in the last two minutes; ${ratio} from memory`)
}

function showMemory ({ memory, groups }) {
  const each = Object.entries(groups).map(([name, { items, bytes: main, hotItems, hotBytes }]) => [name, `${many(items)} values, ${bytes(main)}; ${many(hotItems)} copies, ${bytes(hotBytes)}`])
  list(at('memory'), [['cached', bytes(memory.cached)], ['process', bytes(memory.rss)], ...each])
}

function showGroups (names) {
  const all = names.join('\n')
  if (all === state.groups) return
  state.groups = all
  at('owner-group').replaceChildren(...names.map(name => element('option', { value: name }, name)))
}

function show (snapshot) {
  const members = snapshot.members.map((member, index) => ({ ...member, index }))
  at('cluster').textContent = `${snapshot.cluster}, member ${snapshot.name}`
  document.title = `${snapshot.cluster}: ${members.filter(({ state }) => state === 'alive').length} alive – groupcache`
  showRing(members, snapshot.name)
  showMembers(members)
  showRates(snapshot.rates)
  showMemory(snapshot)
  showGroups(snapshot.served)
  items(at('hottest'), snapshot.hottest.map(({ group, key, gets }) => `${group} · ${key} · ${many(gets)}`), 'nothing was asked for here')
  const words = { join: 'came', leave: 'left', fail: 'failed' }
  items(at('events'), snapshot.events.slice(0, 12).map(({ kind, name, ago }) => `${name} ${words[kind]}, ${new Date(Date.now() - ago).toLocaleTimeString('en-GB')}`), 'nobody yet')
}

// ---- what is asked ----

const headers = () => state.token === '' ? {} : { authorization: `Bearer ${state.token}` }

function connection (text, isLost = false) {
  if (at('connection').textContent !== text) at('connection').textContent = text
  at('connection').classList.toggle('lost', isLost)
}

function receive (block) {
  const fields = Object.fromEntries(block.split('\n').map(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]))
  if (fields.data === undefined) return
  const data = JSON.parse(fields.data)
  if (fields.event === 'history') {
    state.history = data
    return
  }
  // besides one each second there is one for each member that comes or goes
  if (performance.now() - (state.countedAt ?? -Infinity) > 900) {
    state.countedAt = performance.now()
    state.history = [...state.history, data.rates].slice(-HISTORY)
  }
  connection('live')
  show(data)
}

/** Reads events until the stream ends: not an EventSource, which can show no token. */
async function follow () {
  const response = await fetch('v1/events', { headers: headers() })
  at('token-form').hidden = response.status !== 401
  if (!response.ok) throw new Error(response.status === 401 ? 'a token is needed' : `the member answered ${response.status}`)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) throw new Error('the member has closed the connection')
    const blocks = (text + value).split('\n\n')
    text = blocks.pop()
    blocks.forEach(receive)
  }
}

async function followForEver () {
  for (;;) {
    await follow().catch(err => { connection(`not connected: ${err.message}; trying again`, true) })
    await new Promise(resolve => { setTimeout(resolve, 1000) })
  }
}

async function lookUp (group, key) {
  const response = await fetch(`v1/${encodeURIComponent(group)}:owner?key=${encodeURIComponent(key)}`, { headers: headers() })
  const answer = await response.json()
  if (!response.ok) return [['no answer', answer.error.message]]
  const { owner, successor, cachedAt } = answer
  const where = cachedAt.map(({ name, where }) => `${name} (${where})`).join(', ')
  return [['key', answer.key], ['owner', owner.name], ['then', successor?.name ?? 'nobody else'], ['in memory at', where === '' ? 'none that answered' : where]]
}

at('owner-form').addEventListener('submit', event => {
  event.preventDefault()
  lookUp(at('owner-group').value, at('owner-key').value).catch(err => [['no answer', err.message]]).then(pairs => { list(at('owner'), pairs) })
})

at('token-form').addEventListener('submit', event => {
  event.preventDefault()
  state.token = at('token').value
  sessionStorage.setItem('token', state.token)
  at('token-form').hidden = true
})

followForEver()
