// The TypeScript of documents, as files that are compiled. A block that begins with `// name.ts` is a module of that
// name; any other one is a piece of a program, for which `store` is there, and what NAMES lists.
import { join } from 'node:path'
import ts from 'typescript'

const BLOCK = /^```(tsx?)\n([^]*?)^```$/gm

/** What pieces need not import. */
const NAMES = {
  './schema.js': ['events', 'schema', 'tables'],
  livestore: [
    'Events', 'Schema', 'State', 'computed', 'createStorePromise', 'makeInMemoryAdapter', 'makePersistedAdapter',
    'makeSchema', 'makeWsSync', 'nanoid', 'queryDb', 'signal', 'storeOptions', 'StoreRegistry',
  ],
  'livestore/react': ['useQuery', 'useStore'],
  'livestore/worker': ['makeWorker'],
}

const STORE =
  "declare const store: import('livestore').Store<typeof import('./schema.js').schema> & " +
  "import('livestore/react').ReactApi"

const uses = (code, name) => new RegExp(`(?<![.\\w])${name}\\b(?!:)`).test(code)
const has = (code, name) => new RegExp(`import [^']*\\b${name}\\b[^']*from|(const|type) ${name}\\b`).test(code)

/** On one line, so that it takes none of the piece's. */
const preludeOf = (code) => [
  ...Object.entries(NAMES).map(([module, names]) => {
    const wanted = names.filter((name) => uses(code, name) && !has(code, name))
    return wanted.length > 0 ? `import { ${wanted.join(', ')} } from '${module}'` : ''
  }),
  uses(code, 'store') && !has(code, 'store') ? STORE : '',
].filter(Boolean).join('; ')

const lineOf = (text, index) => text.slice(0, index).split('\n').length

/** The files of a document, in a folder that exists in memory only. */
export const snippetFiles = (web, { name, text }) =>
  [...text.matchAll(BLOCK)].map((match, i) => {
    const [, ext, code] = match
    const file = /^\/\/ ([\w.-]+\.tsx?)\n/.exec(code)?.[1]
    return {
      path: join(web, 'snippets', name.replace(/\W/g, '-'), file ?? `piece-${i + 1}.${ext}`),
      text: file ? code : `${preludeOf(code)}; export {}; ${code}`,
      document: name,
      line: lineOf(text, match.index) + 1,
    }
  })

/** What snippets import that is not TypeScript. */
export const bundledModules = (web) => ({
  path: join(web, 'snippets/modules.d.ts'),
  text: "declare module '*?worker' { const Made: new () => Worker; export default Made }\n" +
    "declare module '*?url' { const url: string; export default url }",
})

/** What the compiler has against the snippets. */
export const checkSnippets = ({ program }, snippets) =>
  snippets.flatMap(({ path, document, line }) => {
    const file = program.getSourceFile(path)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ start, messageText }) =>
        `${document}:${line + file.getLineAndCharacterOfPosition(start ?? 0).line}: ` +
        ts.flattenDiagnosticMessageText(messageText, '\n  '),
    )
  })
