/** The syntax tree of Effect's schemas (3.x), as far as it is read here. */
import type { LiteralValue } from './scalars.js'

/** An Option. */
export type Maybe = { readonly _tag: string; readonly value?: unknown }
/** An Either, or an Effect that has not run. */
export type Outcome = { readonly _tag: string; readonly right?: unknown; readonly left?: unknown }
/** One of the two functions of a transformation. */
export type Convert = (value: unknown, options: object, ast: EffectAst, from?: unknown) => Outcome
/** Annotations. */
export type Notes = Readonly<Record<symbol, any>>

/** How one key is renamed, left out or filled in. */
export interface PropertyStep {
  readonly from: PropertyKey
  readonly to: PropertyKey
  decode(value: Maybe): Maybe
  encode(value: Maybe): Maybe
}

/** A node of the tree; each kind has some of these. */
export interface EffectAst {
  readonly _tag: string
  readonly annotations: Notes
  readonly literal: LiteralValue
  readonly types: readonly EffectAst[]
  readonly enums: readonly (readonly [string, string | number])[]
  readonly elements: readonly { readonly type: EffectAst; readonly isOptional: boolean }[]
  readonly rest: readonly { readonly type: EffectAst }[]
  readonly propertySignatures: readonly {
    readonly name: PropertyKey
    readonly type: EffectAst
    readonly isOptional: boolean
    readonly annotations: Notes
  }[]
  readonly indexSignatures: readonly { readonly parameter: EffectAst; readonly type: EffectAst }[]
  readonly from: EffectAst
  readonly to: EffectAst
  readonly typeParameters: readonly EffectAst[]
  readonly transformation: {
    readonly _tag: string
    readonly decode: Convert
    readonly encode: Convert
    readonly propertySignatureTransformations: readonly PropertyStep[]
  }
  f(): EffectAst
  filter(value: unknown, options: object, ast: EffectAst): Maybe
  decodeUnknown(...types: readonly EffectAst[]): Convert
  encodeUnknown(...types: readonly EffectAst[]): Convert
}
