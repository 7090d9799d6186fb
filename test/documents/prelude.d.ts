// What the code in the documents uses without importing or declaring it, so that it stays short: the reader's own things, and what
// the text around it has introduced. Anything else it uses has to be in the block.
// Compiled with the documents alone: these names are to be nowhere else.

import type * as all from 'groupcache'
import type { gossipsub as Gossipsub } from '@libp2p/gossipsub'
import type { identify as Identify } from '@libp2p/identify'
import type { createLibp2p as CreateLibp2p } from 'libp2p'

declare global {
  interface User { id: string, name: string }

  // the reader's own
  const db: { findUser (id: string, options?: { signal?: AbortSignal }): Promise<User> }
  const changed: User
  const signal: AbortSignal
  const secret: string
  const allow: string[]

  // shown before, in README.md or in the same document
  const createGroupcache: typeof all.createGroupcache
  const users: all.Group<User>
  const createLibp2p: typeof CreateLibp2p
  const gossipsub: typeof Gossipsub
  const identify: typeof Identify
}
