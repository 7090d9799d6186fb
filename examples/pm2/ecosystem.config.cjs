// pm2 start ecosystem.config.cjs: three workers in cluster mode, which share the HTTP port and one cache.

const { join } = require('node:path')

module.exports = {
  apps: [{
    name: 'shop',
    script: join(__dirname, 'server.js'),
    exec_mode: 'cluster',
    instances: 3,
    // a worker says when it is ready: it has found the others by then. For `pm2 reload`, which replaces one after the other
    wait_ready: true,
    listen_timeout: 30_000,
    // PM2's 1.6 s are too short for the requests under way and up to 5 s of handing over
    kill_timeout: 15_000,
    env: { PORT: process.env.PORT ?? '8080', CACHE_CLUSTER: process.env.CACHE_CLUSTER ?? 'shop' }
  }]
}
