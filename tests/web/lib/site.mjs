/** A site for browser tests: bundles programs with esbuild and serves them, with the WebAssembly beside them. */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const project = resolve(fileURLToPath(new URL('.', import.meta.url)), '../../..')
export const fromWeb = createRequire(join(project, 'web/package.json'))

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm', '.css': 'text/css' }

const wasm = () => process.env.LIVESTORE_WASM ?? join(project, 'build/livestore-web.wasm')

/** `programs`: name.js is made of each file. `files`: other things to serve, by path. Gives the files by path. */
async function bundle(programs, files) {
  const built = await fromWeb('esbuild').build({
    entryPoints: programs,
    bundle: true, format: 'esm', target: 'es2022', write: false, outdir: '/', logLevel: 'warning', sourcemap: 'inline',
    tsconfig: join(project, 'web/tsconfig.json'),
    nodePaths: [join(project, 'web/node_modules')],
    external: ['node:*'],
  })
  const made = Object.fromEntries(built.outputFiles.map(({ path, contents }) => [path, Buffer.from(contents)]))
  const fts5 = readFileSync(join(project, 'build/livestore-web-fts5.wasm'))
  return { ...files, ...made, '/livestore.wasm': readFileSync(wasm()), '/livestore-fts5.wasm': fts5 }
}

/** Serves the programs on a free port; another one is another origin. */
export async function openSite({ programs, files = {} }) {
  if (!existsSync(wasm())) throw new Error(`${wasm()} is not there: make it with "make web"`)
  const served = await bundle(programs, files)
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://site')
    const body = served[pathname]
    if (body === undefined) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'text/html', 'cache-control': 'no-store' })
    response.end(body)
  })
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready))
  const { port } = server.address()
  return {
    origin: `http://localhost:${port}`,
    url: (path = '/') => `http://localhost:${port}${path}`,
    close: () => new Promise((closed) => server.close(closed).closeAllConnections()),
  }
}
