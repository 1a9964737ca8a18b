/** Materializers: how events change the tables. As SQL they stand in the schema document, with `:name` for the
 * arguments; as functions they are called with decoded arguments and give the statements to run. They have to be
 * deterministic. */
import type { CoreMaterializer, Exec, LogEvent, SeqNum, SqlValue } from '../core/types.js'
import { bind, type BindValues } from '../query/bind.js'
import { isQueryBuilder } from '../query/builder.js'
import { resolveParams, type CompiledQuery } from '../query/compiled.js'
import { asCompiled } from '../query/raw.js'
import type { QueryBuilder } from '../query/types.js'
import type { AnyEventDef } from './events.js'

/** One statement. */
export interface Statement {
  readonly sql: string
  readonly bindValues?: BindValues
  /** Taken for compatibility: the library sees what is written. */
  readonly writeTables?: ReadonlySet<string>
}

/** What a materializer gives: inserts, updates and deletes, one or many, or none. */
export type MaterializerResult = QueryBuilder | string | Statement | readonly MaterializerResult[]

/** Reads the tables as they were before the event. */
export interface MaterializerQuery {
  <Result>(query: QueryBuilder<Result>): Result
  (query: { readonly query: string; readonly bindValues?: BindValues }): readonly Readonly<Record<string, SqlValue>>[]
}

/** What a materializer has beside the arguments. */
export interface MaterializerContext<Def extends AnyEventDef = AnyEventDef> {
  readonly query: MaterializerQuery
  readonly event: {
    readonly name: Def['name']
    readonly args: Def['schema']['Type']
    readonly clientId: string
    readonly sessionId: string
    readonly seqNum: SeqNum
    readonly parentSeqNum: SeqNum
  }
  readonly eventDef: Def
  /** Taken for compatibility; always empty. */
  readonly currentFacts: ReadonlyMap<string, unknown>
}

/** A materializer as a function. */
export type MaterializerFunction<Def extends AnyEventDef = AnyEventDef> = (
  args: Def['schema']['Type'],
  context: MaterializerContext<Def>,
) => MaterializerResult

/** A function, with a version that says when its behaviour has changed; without one, its source says. */
export interface VersionedMaterializer<Def extends AnyEventDef = AnyEventDef> {
  /** An integer of 1 or more. */
  readonly version: number
  readonly run: MaterializerFunction<Def>
}

/** A function, or SQL with `:name` for the arguments. */
export type Materializer<Def extends AnyEventDef = AnyEventDef> =
  | MaterializerFunction<Def>
  | VersionedMaterializer<Def>
  | string
  | readonly string[]

type DefsOf<Events> = Events[keyof Events]
type Materialized<Def> = Def extends { readonly name: infer Name; readonly options: { readonly derived: infer D } }
  ? D extends true
    ? never
    : Name
  : never

/** A materializer for each event that is not made by a client document. */
export type Handlers<Events> = {
  readonly [Name in Materialized<DefsOf<Events>> & string]: Materializer<
    Extract<DefsOf<Events>, AnyEventDef & { readonly name: Name }>
  >
}

/** The materializers of events, by the names of the events. */
export const materializers = <const Events extends Readonly<Record<string, unknown>>>(
  _events: Events,
  handlers: Handlers<Events>,
): Handlers<Events> => handlers

/** A materializer of one event, typed. */
export const defineMaterializer = <Def extends AnyEventDef>(
  _event: Def,
  materializer: Materializer<Def>,
): Materializer<Def> => materializer

/** 1 to 2^31-1, of a text (FNV-1a). */
const hash = (text: string): number => {
  let h = 0x811c9dc5
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193)
  return h & 0x7fffffff || 1
}

const statementOf = (result: QueryBuilder | string | Statement): ReturnType<typeof bind> => {
  if (isQueryBuilder(result)) return result.asQuery()
  if (typeof result === 'string') return bind(result)
  if (typeof (result as Statement | null)?.sql === 'string') return bind(result.sql, result.bindValues)
  throw new TypeError('a materializer gives queries, SQL, { sql, bindValues }, or a list')
}

const runResult = (exec: Exec, sessionId: string, result: MaterializerResult | undefined): void => {
  if (result === undefined) return
  if (Array.isArray(result)) return result.forEach((item: MaterializerResult) => runResult(exec, sessionId, item))
  const { sql, params } = statementOf(result as QueryBuilder | string | Statement)
  exec(sql, resolveParams(params, sessionId))
}

const queryWith =
  (exec: Exec, sessionId: string) =>
  (query: any): any => {
    const { sql, params, decode, writes }: CompiledQuery = asCompiled(query)
    if (writes) throw new TypeError(`a materializer returns what it writes; query() only reads: ${sql}`)
    return decode(exec(sql, resolveParams(params, sessionId)), sessionId)
  }

const NO_FACTS: ReadonlyMap<string, unknown> = new Map()

const callMaterializer = (run: MaterializerFunction, eventDef: AnyEventDef, event: LogEvent, exec: Exec): void => {
  const { name, clientId, sessionId, seq: seqNum, parent: parentSeqNum } = event
  const args: unknown = eventDef.schema.decode(event.args)
  runResult(
    exec,
    sessionId,
    run(args, {
      query: queryWith(exec, sessionId),
      event: { name, args, clientId, sessionId, seqNum, parentSeqNum },
      eventDef,
      currentFacts: NO_FACTS,
    }),
  )
}

/** SQL for the schema document, or a function for the library to call. */
export const compileMaterializer = (
  def: AnyEventDef,
  materializer: Materializer<any>,
): { readonly sql?: string | readonly string[]; readonly call?: CoreMaterializer } => {
  if (typeof materializer === 'string' || Array.isArray(materializer))
    return { sql: materializer as string | readonly string[] }
  const { run, version } =
    typeof materializer === 'function'
      ? { run: materializer, version: hash(materializer.toString()) }
      : (materializer as VersionedMaterializer<any>)
  if (typeof run !== 'function' || !Number.isInteger(version) || version < 1 || version > 0x7fffffff) {
    throw new TypeError(
      `the materializer of "${def.name}" has to be a function, SQL, or { version: 1 or more, run }`,
    )
  }
  return { call: { version, run: (event, exec) => callMaterializer(run, def, event, exec) } }
}
