// The package's sources as TypeScript's compiler sees them, with more files that are only in memory.
import { dirname, join } from 'node:path'
import ts from 'typescript'

/** What each entry of the package is called, and its file. */
export const ENTRIES = {
  livestore: 'src/index.ts',
  'livestore/react': 'src/react/index.ts',
  'livestore/worker': 'src/worker/index.ts',
  'livestore/effect': 'src/schema/effect-entry.ts',
}

const readOptions = (web) => {
  const path = join(web, 'tsconfig.json')
  const { config } = ts.readConfigFile(path, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, web, undefined, path)
  return { ...options, noUnusedLocals: false, noUnusedParameters: false }
}

/** A host that finds `more` (path → text) before what is on the disk. */
const makeHost = (options, more) => {
  const host = ts.createCompilerHost(options)
  const { directoryExists, fileExists, readFile } = host
  const folders = new Set([...more.keys()].map(dirname))
  const getSourceFile = host.getSourceFile.bind(host)
  return Object.assign(host, {
    directoryExists: (path) => folders.has(path) || directoryExists(path),
    fileExists: (path) => more.has(path) || fileExists(path),
    readFile: (path) => more.get(path) ?? readFile(path),
    getSourceFile: (path, ...rest) =>
      more.has(path) ? ts.createSourceFile(path, more.get(path), rest[0], true) : getSourceFile(path, ...rest),
  })
}

/** A program of the entries and of `files`, each {path, text}. */
export const makeProgram = (web, files) => {
  const options = readOptions(web)
  const more = new Map(files.map(({ path, text }) => [path, text]))
  const entries = Object.entries(ENTRIES).map(([name, file]) => ({ name, path: join(web, file) }))
  const program = ts.createProgram({
    rootNames: [...entries.map(({ path }) => path), ...more.keys()],
    options,
    host: makeHost(options, more),
  })
  return { web, program, checker: program.getTypeChecker(), entries }
}
