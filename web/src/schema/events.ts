/** Events: a name, the codec of their arguments, and a function that makes one. */
import { SchemaError, type Codec } from './codec.js'
import { toCodec } from './convert.js'
import { Void } from './scalars.js'
import type { AnySchema, EncodedOf, TypeOf } from './types.js'

/** An event as a program commits it. */
export interface EventInstance<Name extends string = string, Args = unknown> {
  readonly name: Name
  /** Decoded; SessionIdSymbol may stand for the session's id in what a client document makes. */
  readonly args: Args
}

/** How an event is undone: an event made by SQL expressions, several, or not at all (docs/undo.md). */
export type UndoRule = false | { readonly [key: string]: unknown } | readonly { readonly [key: string]: unknown }[]

/** What is known of an event beside its arguments. */
export interface EventOptions<Derived extends boolean = boolean> {
  /** It never leaves this client. */
  readonly clientOnly: boolean
  /** A client document makes it: it has no materializer of its own. */
  readonly derived: Derived
  /** Why it should not be used any more. */
  readonly deprecated: string | undefined
  readonly undo: UndoRule | undefined
}

/** The definition of an event. Called with arguments, it makes one; they are checked at once. */
export interface EventDef<Name extends string = string, Type = any, Encoded = any, Derived extends boolean = boolean> {
  (...args: undefined extends Type ? [args?: Type] : [args: Type]): EventInstance<Name, Type>
  readonly name: Name
  readonly schema: Codec<Type, Encoded>
  readonly options: EventOptions<Derived>
  /** An event of arguments that are encoded already; the store checks them when it is committed. */
  encoded(args: Encoded): EventInstance<Name, Type>
  /** Only a type: an event. */
  readonly Event: EventInstance<Name, Type>
}

/** Types that go with `EventDef`. */
export declare namespace EventDef {
  /** Any event definition. */
  type Any = EventDef<any, any, any, any>
}

/** Any event definition. */
export type AnyEventDef = EventDef.Any

/** What an event is defined with. */
export interface EventInput<Name extends string, S extends AnySchema> {
  /** With a version in front: v1.TodoCreated. */
  readonly name: Name
  /** The arguments; without it there are none. */
  readonly schema?: S
  /** Why it should not be used any more: committing one is noted in the log callback, once. */
  readonly deprecated?: string
  /** How it is undone; without it the rows that it changed are put back. */
  readonly undo?: UndoRule
  /** Taken for compatibility; without effect. */
  readonly facts?: unknown
}

const encodedEvents = new WeakSet<object>()

/** Are the arguments of an event encoded already? */
export const isEncoded = (event: EventInstance): boolean => encodedEvents.has(event)

/** Say in an error which event it is about. */
export const aboutEvent = <T>(name: string, run: () => T): T => {
  try {
    return run()
  } catch (error) {
    if (error instanceof SchemaError) error.message = `event "${name}": ${error.message}`
    throw error
  }
}

/** Give a function the properties of an event definition. */
export const makeEventDef = <Def>(
  make: (...args: any[]) => EventInstance,
  name: string,
  schema: Codec<any, any>,
  options: Partial<EventOptions>,
): Def =>
  Object.defineProperties(make, {
    name: { value: name },
    schema: { value: schema },
    options: { value: { clientOnly: false, derived: false, deprecated: undefined, undo: undefined, ...options } },
    encoded: {
      value: (args: unknown) => {
        const event = { name, args }
        encodedEvents.add(event)
        return event
      },
    },
  }) as Def

/** An event, with all options. */
export const defineEvent = <const Name extends string, S extends AnySchema = Codec<void>>(
  input: EventInput<Name, S> & { readonly clientOnly?: boolean; readonly derived?: boolean },
): EventDef<Name, TypeOf<S>, EncodedOf<S>, false> => {
  const { name, schema, clientOnly = false, deprecated, undo } = input
  const codec: Codec<any, any> = schema ? toCodec(schema) : Void
  const make = (args: unknown): EventInstance => {
    aboutEvent(name, () => codec.encode(args))
    return { name, args }
  }
  return makeEventDef(make, name, codec, { clientOnly, deprecated, undo })
}

/** An event that goes to the sync server, and to everybody. */
export const synced = <const Name extends string, S extends AnySchema = Codec<void>>(
  input: EventInput<Name, S>,
): EventDef<Name, TypeOf<S>, EncodedOf<S>, false> => defineEvent(input)

/** An event that stays on this client: its tabs see it. */
export const clientOnly = <const Name extends string, S extends AnySchema = Codec<void>>(
  input: EventInput<Name, S>,
): EventDef<Name, TypeOf<S>, EncodedOf<S>, false> => defineEvent({ ...input, clientOnly: true })
