/**
 * @packageDocumentation
 *
 * The side door of a member: its cache over HTTP, in front of an HTTP origin, with a live page.
 *
 * ```ts
 * import { createGroupcache } from 'groupcache'
 * import { createSideDoor } from 'groupcache/side-door'
 *
 * const cache = await createGroupcache()
 * const door = await createSideDoor({ cache, groups: { pages: { origin: 'http://127.0.0.1:8000/{key}' } } })
 * ```
 */

export { createSideDoor } from './side-door.js'
export type { SideDoorGroup, SideDoorOptions } from './options.js'
export type { SideDoor } from './side-door.js'
