// Breaks a signature that stands on one line into lines of at most WIDTH columns, at brackets and at operators.

export const WIDTH = 100

const CLOSING = new Map(Object.entries({ '(': ')', '[': ']', '{': '}', '<': '>' }))

/** Text and groups in brackets: a group is {open, items, close, separators}. Ends at `close`. */
const parse = (tokens, close) => {
  const items = [[]]
  const separators = []
  for (;;) {
    const token = tokens.shift()
    if (token === undefined || token === close) return { items, separators }
    const last = items[items.length - 1]
    const end = CLOSING.get(token)
    if (end) last.push({ open: token, close: end, ...parse(tokens, end) })
    else if (close && (token === ',' || token === ';')) {
      separators.push(token)
      items.push([])
    } else last.push(token)
  }
}

const TOKENS = /'(?:[^'\\]|\\.)*'|"[^"]*"|`[^`]*`|=>|[()[\]{}<>,;]|\s+|[^'"`()[\]{}<>,;\s=]+|=/g

const isBlank = (part) => typeof part === 'string' && /^\s+$/.test(part)

const trim = (parts) => {
  const kept = [...parts]
  while (isBlank(kept[0])) kept.shift()
  while (isBlank(kept.at(-1))) kept.pop()
  return kept
}

const filled = (group) => group.items.map(trim).filter((item) => item.length > 0)

const flatGroup = (group) => {
  const inside = filled(group).map(flat).join(group.open === '{' && group.separators[0] !== ',' ? '; ' : ', ')
  return group.open === '{' && inside ? `{ ${inside} }` : `${group.open}${inside}${group.close}`
}

const flat = (parts) =>
  parts.map((part) => (typeof part === 'string' ? part.replace(/\s+/g, ' ') : flatGroup(part))).join('')

/** Where a part may be broken in front: operators of types that stand between blanks. */
const cuts = (parts) => {
  const found = []
  parts.forEach((part, i) => {
    if (/^[|&?:]$/.test(String(part)) && isBlank(parts[i - 1]) && isBlank(parts[i + 1])) found.push(i)
  })
  return found
}

const openGroup = (group, indent) => {
  const inner = `${indent}  `
  const items = filled(group)
  const comma = group.open === '{' && group.separators[0] !== ',' ? '' : ','
  const last = group.open === '<' || String(items.at(-1)[0]).startsWith('...') ? '' : comma
  const lines = items.map(
    (item, i) => `${inner}${layOut(item, inner, inner.length + 1)}${i < items.length - 1 ? comma : last}`,
  )
  return `${group.open}\n${lines.join('\n')}\n${indent}${group.close}`
}

const longest = (text, start) =>
  Math.max(...text.split('\n').map((line, i) => line.length + (i === 0 ? start : 0)))

/** `start`: the columns that the first line has before this. */
const layOut = (parts, indent, start) => {
  const line = flat(parts)
  if (start + line.length <= WIDTH) return line
  const groups = parts.filter((part) => typeof part !== 'string' && filled(part).length > 0)
  const open = (chosen) =>
    parts.map((part) => (chosen.includes(part) ? openGroup(part, indent) : flat([part]))).join('')
  const at = cuts(parts)
  const tries = [
    ...groups.filter(({ open }) => open === '(').slice(0, 1).map((group) => open([group])),
    ...(at.length > 0 ? [cutAll(parts, at, indent)] : []),
    ...groups.toReversed().map((group) => open([group])),
    open(groups),
  ]
  const shorter = (a, b) => (longest(b, start) < longest(a, start) ? b : a)
  return tries.find((text) => longest(text, start) <= WIDTH) ?? tries.reduce(shorter, line)
}

const cutAll = (parts, at, indent) => {
  const inner = `${indent}  `
  const pieces = [0, ...at].map((from, i, all) => trim(parts.slice(from, all[i + 1])))
  return pieces.map((piece) => layOut(piece, inner, inner.length)).join(`\n${inner}`)
}

/** One line of TypeScript, as lines. `indent` stands before each of them. */
export const wrap = (text, indent = '') =>
  indent + layOut(trim(parse(text.match(TOKENS) ?? [], undefined).items[0]), indent, indent.length)

/** Words, as lines of at most `width` columns with `prefix` before each. */
export const fill = (text, prefix, width = WIDTH) => {
  const lines = []
  let line = ''
  for (const word of text.split(/\s+/).filter(Boolean)) {
    if (line && prefix.length + line.length + 1 + word.length > width) {
      lines.push(prefix + line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, prefix + line].join('\n')
}
