/** What a schema may be, and the types inside of it. */
import type { AnyCodec, Codec } from './codec.js'

/** A schema of any library that follows Standard Schema (standardschema.dev), as far as it is used here. */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => unknown
    readonly types?: { readonly input: Input; readonly output: Output } | undefined
  }
}

/** A schema of Effect 3, as far as its type goes. */
export interface EffectSchema {
  readonly Type: any
  readonly Encoded: any
  readonly ast: { readonly _tag: string }
}

/** Whatever describes data: a codec of this package, a schema of Effect, or a Standard Schema. */
export type AnySchema = AnyCodec | EffectSchema | StandardSchema<any, any>

/** The decoded type of a schema. */
export type TypeOf<S> = S extends { readonly Type: infer T } ? T : S extends StandardSchema<any, infer O> ? O : never

/** The encoded type of a schema. */
export type EncodedOf<S> = S extends { readonly Encoded: infer E }
  ? E
  : S extends StandardSchema<infer I, any>
    ? I
    : never

/** The codec that toCodec makes of a schema. */
export type CodecOf<S> = Codec<TypeOf<S>, EncodedOf<S>>

/** An object type, written out. */
export type Simplify<T> = { [K in keyof T]: T[K] } & {}
