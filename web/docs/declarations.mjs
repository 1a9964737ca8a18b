// Declarations as one line of TypeScript without bodies, and their comments.
import ts from 'typescript'

const printer = ts.createPrinter({ removeComments: true })

const squeeze = (text) => text.replace(/\s+/g, ' ').trim()

/** The text of a node, on one line. */
const print = (node) =>
  squeeze(printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile()))
    .replace(/; \}/g, ' }')
    .replace(/([:=(<,]) \| /g, '$1 ')
    .replace(/\{ \}/g, '{}')

const list = (nodes) => nodes.map(print).join(', ')

const typeParameters = (node) => (node.typeParameters?.length ? `<${list(node.typeParameters)}>` : '')

const FLAGS = ts.NodeBuilderFlags.NoTruncation | ts.NodeBuilderFlags.UseAliasDefinedOutsideCurrentScope

const inferred = (checker, type, node) => {
  const made = checker.typeToTypeNode(type, node, FLAGS)
  return squeeze(printer.printNode(ts.EmitHint.Unspecified, made, node.getSourceFile()))
    .replace(/; \}/g, ' }')
    .replace(/"/g, "'")
}

/** A name for what a function takes apart at once. */
const parameterName = ({ name }) => (ts.isIdentifier(name) ? name.text.replace(/^_/, '') : 'options')

const parameter = (checker, node) => {
  if (ts.isArrayBindingPattern(node.name)) return `...args: ${print(node.type)}`
  const optional = node.questionToken || node.initializer ? '?' : ''
  const type = node.type ? print(node.type) : inferred(checker, checker.getTypeAtLocation(node), node)
  return `${node.dotDotDotToken ? '...' : ''}${parameterName(node)}${optional}: ${type}`
}

const parameters = (checker, node) => `(${node.parameters.map((one) => parameter(checker, one)).join(', ')})`

const isFunction = (node) => node && (ts.isArrowFunction(node) || ts.isFunctionExpression(node))

const returned = (checker, node) => {
  if (node.type) return print(node.type)
  if (isFunction(node.body)) return functionType(checker, node.body)
  return inferred(checker, checker.getReturnTypeOfSignature(checker.getSignatureFromDeclaration(node)), node)
}

const functionType = (checker, node) =>
  `${typeParameters(node)}${parameters(checker, node)} => ${returned(checker, node)}`

const callable = (checker, name, node) =>
  `${name}${typeParameters(node)}${parameters(checker, node)}: ${returned(checker, node)}`

const isDeclared = ({ modifiers }, kind) => modifiers?.some((modifier) => modifier.kind === kind) ?? false

/** Paragraphs, items and code of a comment, as Markdown on lines as they were written. */
export const commentOf = (node) => {
  const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node
  const text = holder.getSourceFile().text
  const ranges = ts.getLeadingCommentRanges(text, holder.pos) ?? []
  const last = ranges.map(({ pos, end }) => text.slice(pos, end)).findLast((part) => part.startsWith('/**'))
  const lines = (last ?? '').replace(/^\/\*\*|\*\/$/g, '').split('\n')
  return lines.map((line) => line.replace(/^\s*\* ?/, '')).join('\n').trim()
}

/** Is it for the package's own eyes? */
export const isHidden = (node) =>
  /@internal/.test(commentOf(node)) ||
  (node.name && ts.isPrivateIdentifier(node.name)) ||
  isDeclared(node, ts.SyntaxKind.PrivateKeyword)

const withoutBody = (checker, member) => {
  const name = member.name ? print(member.name) : ''
  if (ts.isConstructorDeclaration(member)) return `constructor${parameters(checker, member)}`
  if (ts.isMethodDeclaration(member)) return callable(checker, name, member)
  if (!ts.isPropertyDeclaration(member)) return print(member).replace(/;$/, '')
  const type = member.type ? print(member.type) : inferred(checker, checker.getTypeAtLocation(member), member)
  return `readonly ${name}: ${type}`
}

const heritage = (node) => (node.heritageClauses ?? []).map((clause) => ` ${print(clause)}`).join('')

/** Something with members: {line, members}, each member with a line and a comment. */
const body = (checker, word, name, node) => ({
  line: `${word} ${name}${typeParameters(node)}${heritage(node)}`,
  members: node.members
    .filter((member) => !isHidden(member))
    .map((member) => ({ line: withoutBody(checker, member), comment: commentOf(member) })),
})

/** Does a type only compute another one? */
const isMachinery = (checker, node, seen = new Set()) => {
  if (ts.isConditionalTypeNode(node)) return true
  if (ts.isTypeReferenceNode(node)) {
    const symbol = checker.getSymbolAtLocation(node.typeName)
    const alias = symbol?.declarations?.find(ts.isTypeAliasDeclaration)
    if (symbol?.name === 'Simplify') return true
    // What is exported has an entry of its own.
    const isOurs = alias && !isDeclared(alias, ts.SyntaxKind.ExportKeyword) && !alias.getSourceFile().isDeclarationFile
    if (isOurs && !seen.has(alias)) {
      seen.add(alias)
      if (isMachinery(checker, alias.type, seen)) return true
    }
  }
  return ts.forEachChild(node, (child) => isMachinery(checker, child, seen)) ?? false
}

const variable = (checker, name, node) => {
  const { type, initializer } = node
  if (type && ts.isTypeLiteralNode(type) && type.members.every(ts.isCallSignatureDeclaration))
    return type.members.map((member) => ({ line: callable(checker, name, member) }))
  if (!type && isFunction(initializer)) return [{ line: callable(checker, name, initializer) }]
  const text = type ? print(type) : inferred(checker, checker.getTypeAtLocation(node), node)
  return [{ line: `${name}: ${text}` }]
}

/** Is it a type that is shown without what it stands for? */
export const isElided = (checker, node) => ts.isTypeAliasDeclaration(node) && isMachinery(checker, node.type)

/** What a declaration says: [{line, members?}], none for the implementation behind overloads. */
export const describe = (checker, name, node) => {
  if (ts.isInterfaceDeclaration(node)) return [body(checker, 'interface', name, node)]
  if (ts.isClassDeclaration(node)) return [body(checker, 'class', name, node)]
  if (ts.isVariableDeclaration(node)) return variable(checker, name, node)
  if (ts.isFunctionDeclaration(node)) {
    const overloaded = checker.getSymbolAtLocation(node.name).declarations.length > 1
    return node.body && overloaded ? [] : [{ line: callable(checker, name, node) }]
  }
  if (ts.isModuleDeclaration(node))
    return node.body.statements.flatMap((one) => describe(checker, `${name}.${one.name.text}`, one))
  if (!ts.isTypeAliasDeclaration(node)) throw new Error(`${name}: no words for a ${ts.SyntaxKind[node.kind]}`)
  const head = `type ${name}${typeParameters(node)}`
  return [{ line: isElided(checker, node) ? head : `${head} = ${print(node.type).replace(/^\| /, '')}` }]
}
