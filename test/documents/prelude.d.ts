// What the code in the documents uses without importing or declaring it, so that it stays short: the reader's own things, and what
// the text around it has introduced. Anything else it uses has to be in the block.
// Compiled with the documents alone: these names are to be nowhere else.

import type * as all from 'groupcache'
import type { gossipsub as Gossipsub } from '@libp2p/gossipsub'
import type { identify as Identify } from '@libp2p/identify'
import type { createLibp2p as CreateLibp2p } from 'libp2p'
import type { Server } from 'node:http'

declare global {
  interface User { id: string, name: string }
  interface Price { supplier: string, isOnSale: boolean }

  // the reader's own
  const db: {
    findUser (id: string, options?: { signal?: AbortSignal }): Promise<User>
    updateUser (id: string, changes: Partial<User>): Promise<void>
    findPrice (sku: string, options?: { signal?: AbortSignal }): Promise<Price | null>
  }
  const changes: Partial<User>
  const changed: User
  const signal: AbortSignal
  const secret: string
  const server: Server
  const allow: string[]

  // shown before, in README.md or in the same document
  const createGroupcache: typeof all.createGroupcache
  const cache: all.StandaloneGroupcache
  const users: all.Group<User>
  const createLibp2p: typeof CreateLibp2p
  const gossipsub: typeof Gossipsub
  const identify: typeof Identify

  // of the test runner
  function describe (title: string, body: () => void): void
  function it (title: string, body: () => unknown): void
  function beforeEach (body: () => unknown): void
  function afterEach (body: () => unknown): void
}
