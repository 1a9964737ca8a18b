/** The pages of both sides, as an app would ship them: vite, minified. All that differs is what imports mean. */
import { cpSync, existsSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const project = resolve(fileURLToPath(new URL('.', import.meta.url)), '../../..')
export const made = join(project, 'build/bench-web')
const sources = join(project, 'bench/web/app')
const app = join(made, 'app')
const fromMade = createRequire(join(made, 'package.json'))

const ourPackage = resolve(process.env.LIVESTORE_WEB ?? join(project, 'build/web'))
/** The file of an entry, as the package itself says. */
const ours = (entry) =>
  join(ourPackage, JSON.parse(readFileSync(join(ourPackage, 'package.json'), 'utf8')).exports[entry].default)

const MEANINGS = {
  ours: [
    { find: '#adapter', replacement: join(app, 'adapter-ours.ts') },
    { find: /^@livestore\/(livestore|adapter-web)$/, replacement: ours('.') },
    { find: '@livestore/adapter-web/worker', replacement: ours('./worker') },
  ],
  livestore: [{ find: '#adapter', replacement: join(app, 'adapter-livestore.ts') }],
}

const timeOf = (path) => statSync(path).mtimeMs
const filesIn = (directory) => readdirSync(directory).map((name) => join(directory, name))

/** LiveStore's take 20 seconds each, so that what is there is used again. */
function isFresh(side, outDir) {
  const packages = side === 'ours' ? filesIn(ourPackage) : [join(made, 'package-lock.json')]
  const needed = [...filesIn(sources), ...packages]
  return existsSync(outDir) && Math.max(...needed.map(timeOf)) < timeOf(outDir)
}

/** Builds app/<page>.html for a side, into a directory that is given back. */
export async function buildPage(side, page) {
  const outDir = join(made, `${side}-${page}`)
  if (isFresh(side, outDir)) return outDir
  const { build } = await import(fromMade.resolve('vite'))
  // Beside the packages that it imports.
  cpSync(sources, app, { recursive: true })
  await build({
    configFile: false,
    root: app,
    base: './',
    logLevel: 'error',
    resolve: { alias: MEANINGS[side] },
    worker: { format: 'es' },
    build: {
      outDir, emptyOutDir: true, target: 'es2022', assetsInlineLimit: 0, reportCompressedSize: false,
      chunkSizeWarningLimit: 10_000, rollupOptions: { input: join(app, `${page}.html`) },
    },
  })
  return outDir
}
