/** The schema that a leader opens its store with: the page's document, with the worker's functions for it. Bundlers
 * write a function differently for a page and for a worker, so its version, which is made of its text, is the page's:
 * what the leader keeps as the state is then what the page, and each page of that build, takes for the state. */
import type { CoreMaterializer } from '../core/types.js'
import type { LiveStoreSchema } from '../schema/index.js'

/** What a store is opened with. */
export interface AdoptedSchema {
  readonly schema: string
  readonly materializers: Readonly<Record<string, CoreMaterializer>>
  /** Why it is not the page's. */
  readonly warning?: string
}

interface SchemaDocument {
  readonly events?: Readonly<Record<string, { readonly function?: number }>>
}

const ANOTHER = 'The worker was built from another schema than the page'
const RELOAD = 'both have to import the same schema; reload the page if a new version of the app was put in place'

const withoutVersions = (document: string): string =>
  JSON.stringify(JSON.parse(document), (key, value: unknown) => (key === 'function' ? true : value))

const functionOf = (own: LiveStoreSchema, event: string): CoreMaterializer => {
  const found = Object.hasOwn(own.materializers, event) ? own.materializers[event] : undefined
  if (found) return found
  throw new Error(`${ANOTHER}: it has no materializer function for the event "${event}"; ${RELOAD}`)
}

/** `page` is a schema document. One of SQL alone says all; one with functions has to be the worker's, but for their
 * versions, since what they do to other tables nobody knows. Throws when the worker lacks a function. */
export const adoptSchema = (page: string, own: LiveStoreSchema): AdoptedSchema => {
  const { events = {} } = JSON.parse(page) as SchemaDocument
  const adopted = Object.entries(events).flatMap(([name, { function: version }]) =>
    version === undefined ? [] : [[name, { ...functionOf(own, name), version }] as const],
  )
  if (adopted.length === 0 || withoutVersions(page) === withoutVersions(own.document))
    return { schema: page, materializers: Object.fromEntries(adopted) }
  const warning = `${ANOTHER}: each makes a state of its own from the whole log, which is slow; ${RELOAD}`
  return { schema: own.document, materializers: own.materializers, warning }
}
