// Builds the package below ../build/web, or with `test` bundles and runs the tests below ../build/web-test.
//
//   node build.mjs                the package: JavaScript by esbuild, declarations by tsc, the WebAssembly modules
//   node build.mjs test [NAME…]   test/NAME.test.ts(x); without a name all of them
//
// LIVESTORE_WASM names another WebAssembly module for the tests than ../build/livestore-web.wasm.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const here = fileURLToPath(new URL('.', import.meta.url))
const made = resolve(here, '../build')
const common = {
  absWorkingDir: here,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  logLevel: 'warning',
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}

/** What is published says nothing of how it was made. */
function publishedPackage() {
  const whole = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'))
  const { scripts: _scripts, devDependencies: _dev, ...rest } = whole
  return `${JSON.stringify(rest, null, 2)}\n`
}

async function buildPackage() {
  const out = join(made, 'web')
  rmSync(out, { recursive: true, force: true })
  await build({
    ...common,
    entryPoints: {
      index: 'src/index.ts',
      react: 'src/react/index.ts',
      worker: 'src/worker/index.ts',
      effect: 'src/schema/effect-entry.ts',
    },
    outdir: out,
    // All files lie in one folder: the module is looked for beside the file that loads it.
    chunkNames: 'chunk-[hash]',
    splitting: true,
    minify: true,
    sourcemap: true,
    platform: 'neutral',
    packages: 'external',
    external: ['node:*'],
  })
  run(join(here, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json'])
  copyFileSync(join(made, 'livestore-web.wasm'), join(out, 'livestore.wasm'))
  copyFileSync(join(made, 'livestore-web-fts5.wasm'), join(out, 'livestore-fts5.wasm'))
  copyFileSync(resolve(here, '../LICENSE'), join(out, 'LICENSE'))
  writeFileSync(join(out, 'package.json'), publishedPackage())
}

/** A package as the tests run it: real files, found as a program would find them. */
function prepareTests(out) {
  mkdirSync(out, { recursive: true })
  if (!existsSync(join(out, 'node_modules'))) symlinkSync(join(here, 'node_modules'), join(out, 'node_modules'), 'dir')
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n')
  copyFileSync(process.env.LIVESTORE_WASM ?? join(made, 'livestore-web.wasm'), join(out, 'livestore.wasm'))
}

async function runTests(names) {
  const out = join(made, 'web-test')
  const files = readdirSync(join(here, 'test')).filter(
    (file) => /\.test\.tsx?$/.test(file) && (names.length === 0 || names.includes(file.replace(/\.test\.tsx?$/, ''))),
  )
  if (files.length === 0) throw new Error(`no test of the name ${names.join(', ')} in web/test`)
  prepareTests(out)
  await build({
    ...common,
    entryPoints: files.map((file) => join('test', file)),
    outdir: out,
    sourcemap: 'inline',
    platform: 'node',
    packages: 'external',
  })
  const programs = files.map((file) => join(out, basename(file).replace(/\.tsx?$/, '.js')))
  run(process.execPath, ['--enable-source-maps', '--expose-gc', '--test', ...programs])
}

const [task, ...names] = process.argv.slice(2)
await (task === 'test' ? runTests(names) : buildPackage())
