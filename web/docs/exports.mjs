// What the package exports, and the types that are named there.
import { relative } from 'node:path'
import ts from 'typescript'
import { commentOf, isElided, isHidden } from './declarations.mjs'
import { INNER } from './groups.mjs'

const resolve = (checker, symbol) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

/** All exports of a module, those of `export * as X` under X. */
export const exportsOf = ({ checker }, module, prefix = '') =>
  checker.getExportsOfModule(module).flatMap((symbol) => {
    const target = resolve(checker, symbol)
    const name = prefix + symbol.name
    if (target.flags & ts.SymbolFlags.ValueModule && ts.isSourceFile(target.valueDeclaration))
      return exportsOf({ checker }, target, `${name}.`)
    const declarations = (target.declarations ?? []).filter((node) => !isHidden(node))
    return declarations.length === 0 ? [] : [{ name, target, declarations }]
  })

/** Where a declaration stands: schema/codec */
export const fileOf = ({ web }, node) => relative(web, node.getSourceFile().fileName).replace(/^src\/|\.tsx?$/g, '')

/** Is it an interface or another type? */
export const isType = ({ declarations: [node] }) => isTypeDeclaration(node)

const isTypeDeclaration = (node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)

/** The type of the package that a node names, if it has words of its own. */
const namedType = (project, node) => {
  if (!ts.isTypeReferenceNode(node) && !ts.isExpressionWithTypeArguments(node)) return undefined
  const symbol = project.checker.getSymbolAtLocation(node.typeName ?? node.expression)
  const target = symbol && resolve(project.checker, symbol)
  const declaration = target?.declarations?.[0]
  if (!declaration || !isTypeDeclaration(declaration) || !ts.isSourceFile(declaration.parent)) return undefined
  if (!fileOf(project, declaration).match(/^\w+\/[\w-]+$/) || isHidden(declaration)) return undefined
  if (INNER.includes(target.name)) return undefined
  if (isElided(project.checker, declaration) && !commentOf(declaration)) return undefined
  return { name: target.name, target, declarations: [declaration] }
}

/** Types of the package that are named in what is shown, and that nobody can import. */
export const namedTypes = (project, shown, known) => {
  const found = []
  const visit = (node) => {
    if (ts.isBlock(node)) return
    const type = namedType(project, node)
    if (type && !known.has(type.target)) {
      known.add(type.target)
      found.push(type)
      if (!isElided(project.checker, type.declarations[0])) visit(type.declarations[0])
    }
    ts.forEachChild(node, visit)
  }
  for (const { declarations } of shown) {
    for (const node of declarations)
      if (!ts.isClassDeclaration(node) && !isElided(project.checker, node)) visit(node)
  }
  return found
}
