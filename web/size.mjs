// What a page downloads of the package: a small app (test/lib/sample-app.tsx) is bundled with the package as it is
// published, by rollup as Vite does it, and minified by esbuild. Neither the app itself nor React is counted.
import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { transform } from 'esbuild'
import { rollup } from 'rollup'

const APP = fileURLToPath(new URL('test/lib/sample-app.tsx', import.meta.url))
/** Bytes, as gzip -9 packs them. */
const MOST = 25_000

const packed = (data) => gzipSync(data, { level: 9 }).length

const transformApp = async (code, file) =>
  file === APP ? (await transform(code, { loader: 'tsx', jsx: 'automatic' })).code : null

/** Finds the package by its `exports`, as an app does; without `out` it is left out. */
function packagePlugin(out) {
  if (!out) return { name: 'no-package', resolveId: (id) => ({ id, external: id !== APP }), transform: transformApp }

  const { exports, sideEffects } = JSON.parse(readFileSync(join(out, 'package.json'), 'utf8'))
  const entry = (name) => exports[name.replace(/^livestore/, '.')]?.default
  return {
    name: 'livestore-package',
    resolveId(name, from) {
      if (name === APP) return name
      const file = /^livestore(\/|$)/.test(name) ? join(out, entry(name)) : resolve(dirname(from), name)
      if (!file.startsWith(out) || !/^(livestore|\.)/.test(name)) return { id: name, external: true }
      return { id: file, moduleSideEffects: sideEffects.some((path) => join(out, path) === file) }
    },
    transform: transformApp,
  }
}

async function bundle(out) {
  const bundled = await rollup({ input: APP, plugins: [packagePlugin(out)], logLevel: 'silent' })
  const { output } = await bundled.generate({ format: 'es' })
  const chunks = []
  for (const { code, isDynamicEntry } of output) {
    const { code: minified } = await transform(code, { minify: true, format: 'esm', target: 'es2022' })
    chunks.push({ size: packed(minified), later: isDynamicEntry })
  }
  return chunks
}

const sum = (chunks) => chunks.reduce((total, { size }) => total + size, 0)

/** Prints the sizes of the package that was built below `out`; throws when a page's part of it is too large. */
export async function checkSize(out) {
  const chunks = await bundle(out)
  const page = sum(chunks.filter(({ later }) => !later)) - sum(await bundle())
  const later = sum(chunks.filter((chunk) => chunk.later))
  const module = readFileSync(join(out, 'core/livestore.wasm'))
  const wasm = `${packed(module)} B of wasm (${brotliCompressSync(module).length} B by Brotli)`
  console.log(`  a page downloads ${page} B of JavaScript (${later} B more when it reads the log), ${wasm}`)
  if (page >= MOST) throw new Error(`a page downloads ${page} B of JavaScript: it has to be less than ${MOST}`)
}
