/** Writes sw.js, a service worker that keeps the app itself in the browser, so that it opens without a network, too.
 * The todos are none of its business, nor is anything that is not a file of this build. */
import { createHash } from 'node:crypto'
import type { Plugin } from 'vite'

/** Runs in the browser; `__FILES__` and `__NAME__` are put in below. A page comes from the network while there is one, so
 * that a new build is seen at once; files with a hash in their names never change. */
const WORKER = `const files = __FILES__, name = __NAME__
const all = () => caches.open(name)
addEventListener('install', (event) => event.waitUntil(all()
  .then((cache) => cache.addAll(files))
  .then(() => skipWaiting())))
addEventListener('activate', (event) => event.waitUntil(caches.keys()
  .then((names) => Promise.all(names.filter((other) => other !== name).map((other) => caches.delete(other))))
  .then(() => clients.claim())))
const page = (request) => fetch(request).catch(async () => (await (await all()).match('/')) ?? Response.error())
const file = async (request) => (await (await all()).match(request)) ?? fetch(request)
addEventListener('fetch', (event) => {
  const { request } = event, url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== location.origin) return
  if (request.mode === 'navigate') event.respondWith(page(request))
  else if (files.includes(url.pathname)) event.respondWith(file(request))
})
`

export const offline = (): Plugin => ({
  name: 'offline',
  apply: 'build',
  generateBundle: {
    order: 'post',
    handler(_options, bundle) {
      const built = Object.keys(bundle).filter((name) => /\.(js|css|wasm)$/.test(name)).map((name) => `/${name}`)
      const files = ['/', '/icon.svg', '/app.webmanifest', ...built.sort()]
      const name = createHash('sha256').update(JSON.stringify(files)).digest('hex').slice(0, 16)
      const source = WORKER.replace('__FILES__', JSON.stringify(files)).replace('__NAME__', JSON.stringify(name))
      this.emitFile({ type: 'asset', fileName: 'sw.js', source })
    },
  },
})
