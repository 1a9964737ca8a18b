// How the pages are divided: each group has a title, the files whose exports belong to it, in the
// order of the page, and names that come first.

export const GROUPS = {
  livestore: [
    ['Opening a store', ['store/create', 'store/adapter', 'store/memory-adapter', 'tabs/adapter', 'tabs/workers']],
    ['Stores of an app', ['store/registry']],
    ['The store', ['store/types', 'store/commit', 'store/status', 'store/errors', 'core/error'], ['Store']],
    ['Receipts', ['store/receipts']],
    ['Undo', ['store/undo']],
    ['The log and the past', ['store/events', 'store/past', 'store/position', 'store/row-diff', 'store/seqnum']],
    [
      'Live queries',
      [
        'live/query', 'live/computed', 'live/signal', 'live/types', 'live/define', 'live/equal', 'live/hash',
        'query/raw',
      ],
    ],
    [
      'The query builder',
      ['query/types', 'query/builder', 'query/compiled', 'query/bind'],
      ['TableQuery', 'SelectQuery'],
    ],
    ['A schema', ['schema/make-schema', 'schema/make-state']],
    ['Events', ['schema/events', 'schema/events-api']],
    ['Materializers', ['schema/materializers']],
    ['Tables', ['schema/table', 'schema/columns', 'schema/column-notes', 'schema/infer-columns', 'schema/ddl']],
    ['Client documents', ['schema/client-document', 'schema/document-codec', 'schema/session-id']],
    ['Schema', ['schema/api', 'schema/scalars', 'schema/struct', 'schema/lists', 'schema/unions', 'schema/filters']],
    ['Codecs and other schemas', ['schema/codec', 'schema/convert', 'schema/types']],
    ['Sync', ['worker/sync']],
    ['Values of the library', ['core/types', 'core/nanoid', 'core/module']],
  ],
  'livestore/react': [
    ['The registry', ['react/registry']],
    ['Stores', ['react/store', 'react/types']],
    ['Queries', ['react/query', 'react/list']],
    ['Client documents', ['react/document']],
    ['Status', ['react/status']],
    ['Resources', ['react/resource']],
  ],
  'livestore/worker': [['The worker', ['worker/index', 'worker/begin']]],
  'livestore/effect': [['Schemas of Effect', ['schema/effect']]],
}

/** Types of the package's inside, which are named and not shown. */
export const INNER = ['CodecShape', 'CoreStore', 'Definitions', 'EffectAst', 'Simplify', 'Tracker']

/** What is said at the head of each page. */
export const INTRODUCTIONS = {
  livestore: 'Schemas, queries, stores.',
  'livestore/react': 'Hooks and components for React 18 and 19.',
  'livestore/worker': "What an app's worker file is made of.",
  'livestore/effect':
    "Importing it once, as `import 'livestore/effect'`, makes schemas of Effect 3 good wherever a schema is wanted.",
}
