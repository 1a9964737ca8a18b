// The pages of the API: one for each entry of the package.
import { commentOf, describe } from './declarations.mjs'
import { exportsOf, fileOf, isType, namedTypes } from './exports.mjs'
import { GROUPS, INTRODUCTIONS } from './groups.mjs'
import { fill, wrap } from './wrap.mjs'

const comment = (text, indent) => {
  if (!text) return []
  const lines = fill(text.replace(/\n\n?```[^]*?```/g, '').replace(/\n/g, ' '), `${indent} * `)
  const one = `${indent}/** ${lines.trim().slice(2)} */`
  if (!lines.includes('\n') && one.length <= 100) return [one]
  return [`${indent}/**`, lines, `${indent} */`]
}

const codeOf = ({ line, members }) => {
  if (!members) return wrap(line)
  if (members.length === 0) return wrap(`${line} {}`)
  const inside = members.flatMap((member) => [...comment(member.comment, '  '), wrap(member.line, '  ')])
  return [`${wrap(line)} {`, ...inside, '}'].join('\n')
}

const code = ({ checker }, name, node) => describe(checker, name, node).map(codeOf)

/** A comment as Markdown: `  name  what it is` is an item of a list. */
const prose = (text) =>
  text
    .split('\n')
    .map((line) => line.replace(/^ {1,3}(\S+) {2,}(.*)$/, '- `$1`: $2'))
    .join('\n')
    .replace(/\n(?=- )/, '\n\n')
    .replace(/(- .*)\n(?!- |\n|$)(?=[A-Z])/g, '$1\n\n')

const commentsOf = ({ declarations }) => [...new Set(declarations.map(commentOf).filter(Boolean))]

const block = (text) => `\`\`\`ts\n${text}\n\`\`\``

const renderExport = (project, entry) => {
  const { name, declarations, also } = entry
  const names = also.map((other) => `\`${other}\``).join(', ')
  return [
    `### ${name}`,
    ...commentsOf(entry).map(prose),
    ...(names ? [`Also ${names}.`] : []),
    block(declarations.flatMap((node) => code(project, name, node)).join('\n')),
  ].join('\n\n')
}

/** Many small ones in one block, each with its comment. */
const renderList = (project, entries) => {
  const one = ({ name, declarations }) =>
    declarations.flatMap((node) => [...comment(commentOf(node), ''), ...code(project, name, node)]).join('\n')
  return block(entries.map(one).join('\n\n'))
}

const isMember = ({ name }) => name.includes('.')

const prefixOf = ({ name }) => name.slice(0, name.lastIndexOf('.'))

const groupBy = (items, keyOf) => {
  const groups = new Map()
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item])
  return groups
}

const namespacesOf = (entries) => [...groupBy(entries.filter(isMember), prefixOf)]

/** The headings of a group, in the order of the page. */
const headingsOf = ({ entries }) => [
  ...new Set(entries.filter((entry) => !isMember(entry)).map(({ name }) => name)),
  ...namespacesOf(entries).map(([prefix]) => `${prefix}.*`),
]

const renderGroup = (project, { title, entries, named }) =>
  [
    `## ${title}`,
    ...entries.filter((entry) => !isMember(entry)).map((entry) => renderExport(project, entry)),
    ...namespacesOf(entries).flatMap(([prefix, members]) => [`### ${prefix}.*`, renderList(project, members)]),
    ...(named.length > 0 ? ['Types that are named here, and cannot be imported:', renderList(project, named)] : []),
  ].join('\n\n')

const contents = (groups) =>
  groups
    .map(({ title, link, links }) => {
      const all = links.map((to) => `[${to.title}](#${to.link})`).join(', ')
      return `- ${fill(`**[${title}](#${link})**: ${all}`, '  ', 118).trimStart()}`
    })
    .join('\n')

/** By what is sorted: what is to come first, then by files, in each of them functions before types. */
const place = (files, first) => (entry) =>
  (first.includes(entry.name) ? -1e9 + first.indexOf(entry.name) * 1e8 : 0) +
  files.indexOf(entry.file) * 1e7 + (isType(entry) ? 1e6 : 0) + entry.declarations[0].pos

const groupsOf = (project, entry, entries) =>
  GROUPS[entry]
    .map(([title, files, first = []]) => {
      const where = place(files, first)
      const own = entries.filter(({ file }) => files.includes(file)).sort((a, b) => where(a) - where(b))
      return { title, entries: own }
    })
    .filter(({ entries: own }) => own.length > 0)

/** Gives each heading the name by which GitHub can be sent to it. */
const withAnchors = (groups) => {
  const taken = new Map()
  const anchor = (title) => {
    const plain = title.toLowerCase().replace(/[^\w\- ]/g, '').replace(/ /g, '-')
    const n = taken.get(plain) ?? 0
    taken.set(plain, n + 1)
    return n === 0 ? plain : `${plain}-${n}`
  }
  anchor('page')
  return groups.map((group) => {
    const link = anchor(group.title)
    return { ...group, link, links: headingsOf(group).map((title) => ({ title, link: anchor(title) })) }
  })
}

const renderPage = (project, { name, entries, elsewhere, everywhere }) => {
  const known = new Set(everywhere.map(({ target }) => target))
  const groups = withAnchors(groupsOf(project, name, entries)).map((group) => ({
    ...group,
    named: namedTypes(project, group.entries, known),
  }))
  const also = elsewhere.map(({ name: other }) => `\`${other}\``).join(', ')
  return `${[
    `# ${name}`,
    fill(`${INTRODUCTIONS[name]} Made of the sources by \`node web/docs.mjs\`.`, '', 118),
    ...(also ? [`Also exported here, and described with [livestore](livestore.md): ${also}.`] : []),
    contents(groups),
    ...groups.map((group) => renderGroup(project, group)),
  ].join('\n\n')}\n`
}

const check = (entry, entries) => [
  ...entries
    .filter(({ file }) => !GROUPS[entry].some(([, files]) => files.includes(file)))
    .map(({ name, file }) => `${name} of web/src/${file}.ts has no place in web/docs/groups.mjs`),
  ...entries
    .filter((found) => commentsOf(found).length === 0)
    .map(({ name, file }) => `${name} of web/src/${file}.ts has no comment`),
]

/** What has a name of its own and another one in a namespace has one entry. */
const withoutSecondNames = (entries) =>
  entries
    .map((entry) => ({
      ...entry,
      also: entries.filter((other) => other.target === entry.target && isMember(other)).map(({ name }) => name),
    }))
    .filter((entry) => !isMember(entry) || !entries.some((other) => other.target === entry.target && !isMember(other)))

/** The pages, and what is wrong with the sources. */
export const renderEntries = (project) => {
  const { program, checker } = project
  const everywhere = []
  const problems = []
  const pages = project.entries.map(({ name, path }) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path))
    const all = exportsOf(project, module).map((found) => ({ ...found, file: fileOf(project, found.declarations[0]) }))
    const elsewhere = all.filter(({ target }) => everywhere.some((other) => other.target === target))
    const entries = withoutSecondNames(all.filter((found) => !elsewhere.includes(found)))
    everywhere.push(...entries)
    problems.push(...check(name, entries))
    return { name, entries, elsewhere }
  })
  return {
    problems,
    pages: pages.map((page) => ({
      name: `${page.name.replace(/^livestore\//, '')}.md`,
      text: renderPage(project, { ...page, everywhere }),
    })),
  }
}
