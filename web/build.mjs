// Builds the package below ../build/web, or with `test` bundles and runs the tests below ../build/web-test.
//
//   node build.mjs                the package: JavaScript by esbuild, declarations by tsc, the WebAssembly modules; says
//                                 what a page downloads of it, and fails when that is too much
//   node build.mjs test [NAME…]   test/NAME.test.ts(x); without a name all of them
//
// LIVESTORE_WASM names another WebAssembly module for the tests than ../build/livestore-web.wasm.
import { spawnSync } from 'node:child_process'
import {
  copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { checkSize } from './size.mjs'

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

/** One module for each source, neither bundled nor minified: an app's bundler does both, and leaves out what the app
 * does not use. Modules that have types only are not written. */
async function buildModules(out) {
  const sources = readdirSync(join(here, 'src'), { recursive: true }).filter((file) => /\.tsx?$/.test(file))
  const { outputFiles } = await build({
    ...common,
    bundle: false,
    entryPoints: sources.map((file) => join('src', file)),
    outbase: 'src',
    outdir: out,
    sourcemap: true,
    write: false,
  })
  const isEmpty = (path) => outputFiles.some((file) => file.path === path && !/^\s*(import|export)\b/m.test(file.text))
  for (const { path, contents } of outputFiles) {
    if (isEmpty(path.replace(/\.map$/, ''))) continue
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, contents)
  }
}

async function buildPackage() {
  const out = join(made, 'web')
  rmSync(out, { recursive: true, force: true })
  await buildModules(out)
  const tsc = join(here, 'node_modules/.bin/tsc')
  run(tsc, ['-p', 'tsconfig.build.json'])
  // The WebAssembly module is looked for beside the JavaScript module that loads it.
  copyFileSync(join(made, 'livestore-web.wasm'), join(out, 'core/livestore.wasm'))
  copyFileSync(join(made, 'livestore-web-fts5.wasm'), join(out, 'core/livestore-fts5.wasm'))
  copyFileSync(resolve(here, '../LICENSE'), join(out, 'LICENSE'))
  copyFileSync(join(here, 'README.md'), join(out, 'README.md'))
  writeFileSync(join(out, 'package.json'), publishedPackage())
  // The declarations as a program meets them that checks its libraries too.
  run(tsc, ['-p', 'tsconfig.package.json'])
  await checkSize(out)
}

/** A package as the tests run it: real files, found as a program would find them. */
function prepareTests(out) {
  mkdirSync(out, { recursive: true })
  if (!existsSync(join(out, 'node_modules'))) symlinkSync(join(here, 'node_modules'), join(out, 'node_modules'), 'dir')
  writeFileSync(join(out, 'package.json'), '{"type":"module"}\n')
  copyFileSync(process.env.LIVESTORE_WASM ?? join(made, 'livestore-web.wasm'), join(out, 'livestore.wasm'))
  copyFileSync(join(made, 'livestore-web-fts5.wasm'), join(out, 'livestore-fts5.wasm'))
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
  // More at a time than there are cores: many tests wait for timers.
  const flags = ['--enable-source-maps', '--expose-gc', '--test', '--test-concurrency=4']
  run(process.execPath, [...flags, ...programs])
}

const [task, ...names] = process.argv.slice(2)
await (task === 'test' ? runTests(names) : buildPackage())
