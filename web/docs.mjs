// Makes ../docs/api/*.md of the exported types and their comments, and checks what the documents say in TypeScript.
//
//   node docs.mjs           writes the files
//   node docs.mjs --check   fails when they are not as they would be written, when an export has no comment, or when a
//                           snippet in README.md, ../docs/web.md or ../docs/moving-from-livestore.md does not
//                           compile
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makeProgram } from './docs/program.mjs'
import { renderEntries } from './docs/pages.mjs'
import { bundledModules, checkSnippets, snippetFiles } from './docs/snippets.mjs'

const web = fileURLToPath(new URL('.', import.meta.url))
const root = resolve(web, '..')
const DOCUMENTS = ['docs/web.md', 'docs/moving-from-livestore.md', 'web/README.md']

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const documents = DOCUMENTS.map((name) => ({ name, text: read(join(root, name)) }))
const snippets = documents.flatMap((document) => snippetFiles(web, document))
const project = makeProgram(web, [...snippets, bundledModules(web)])
const { pages, problems } = renderEntries(project)
const files = pages.map(({ name, text }) => ({ path: join(root, 'docs/api', name), text }))

if (process.argv.includes('--check')) {
  const stale = files.filter(({ path, text }) => read(path) !== text)
  problems.push(...stale.map(({ path }) => `${relative(root, path)} is not up to date: run node web/docs.mjs`))
  problems.push(...checkSnippets(project, snippets))
} else {
  for (const { path, text } of files) {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }
}

for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exitCode = 1
