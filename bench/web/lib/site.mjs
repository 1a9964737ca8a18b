/** Serves the pages of a side: an origin of its own, and a note of what was fetched. */
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join } from 'node:path'
import { gzipSync } from 'node:zlib'

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

// Isolated pages have a clock that tells 5 µs instead of 100. Neither side needs it otherwise.
const HEADERS = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
}
const BLANK = '<!doctype html><link rel="icon" href="data:,"><title>Blank</title>'
const caching = (path) => (path.includes('/assets/') ? 'max-age=31536000, immutable' : 'no-cache')

/** `directories`: what is served below /<name>/. */
export async function openSite(directories) {
  const fetched = new Map()
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://site')
    if (pathname === '/') return response.writeHead(200, { ...HEADERS, 'content-type': 'text/html' }).end(BLANK)
    const [, name, ...rest] = pathname.split('/')
    let body
    try {
      body = readFileSync(join(directories[name], ...rest))
    } catch {
      return response.writeHead(404).end()
    }
    fetched.set(pathname, body)
    response.writeHead(200, {
      ...HEADERS, 'content-type': TYPES[extname(pathname)] ?? 'text/plain', 'cache-control': caching(pathname),
    }).end(body)
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const origin = `http://localhost:${server.address().port}`
  return {
    url: (page, query = '') => `${origin}/${page}/${page}.html${query}`,
    blank: `${origin}/`,
    /** Bytes of all that was fetched since the last call, each file once, as gzip -9 makes them. */
    takeDownload() {
      const files = [...fetched].map(([path, body]) => ({ path, bytes: gzipSync(body, { level: 9 }).length }))
      fetched.clear()
      return files
    },
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  }
}
