// The live page: three files beside this one, read once.

import { readFileSync } from 'node:fs'
import type { DoorEnv } from './context.js'
import type { Hono } from 'hono'

/** Nothing from elsewhere, nothing inline, and no HTML made of text. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

const FILES = [
  { path: '/', file: 'index.html', type: 'text/html; charset=utf-8' },
  { path: '/page.js', file: 'page.js', type: 'text/javascript; charset=utf-8' },
  { path: '/style.css', file: 'style.css', type: 'text/css; charset=utf-8' }
]

export function servePage (app: Hono<DoorEnv>): void {
  for (const { path, file, type } of FILES) {
    const text = readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8')
    app.get(path, c => c.body(text, 200, { 'Content-Type': type, 'Content-Security-Policy': POLICY, 'Cache-Control': 'no-cache' }))
  }
}
