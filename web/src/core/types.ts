/** What the C library offers to the rest of the package: plain calls and plain values. `module.ts` implements it on
 * WebAssembly; the bridge (web/bridge) is its other half. All of it is synchronous. */

/** A value as SQLite has it. An integer that a double cannot hold comes as a bigint. */
export type SqlValue = null | number | bigint | string | Uint8Array
/** Parameters of SQL, by position. */
export type SqlParams = readonly SqlValue[]

/** The result of a query. `rows` are arrays in the order of `columns`. The same object is given while nothing changes. */
export interface Rows {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly SqlValue[])[]
}

/** Where an event stands in a log: e<global>.<client>r<generation>. */
export interface SeqNum {
  readonly global: number
  readonly client: number
  readonly generation: number
}

/** An event as it stands in a log. */
export interface LogEvent {
  readonly seq: SeqNum
  readonly parent: SeqNum
  readonly name: string
  /** Encoded arguments: what JSON.parse gives. */
  readonly args: unknown
  readonly clientId: string
  readonly sessionId: string
}

/** An error of the library. `code` is the name of an ls_code such as "LS_EARGS"; `item` says which event of a commit. */
export interface CoreErrorInfo {
  readonly code: string
  readonly item: number
  readonly message: string
}

/** How far a commit has come (docs/guarantees.md). */
export type Stage = 'local' | 'durable' | 'confirmed' | 'set-aside'

export interface CoreReceipt {
  readonly first: SeqNum
  readonly last: SeqNum
  readonly serial: bigint
  readonly stage: Stage
}

/** Runs one statement inside a materializer and gives its rows. */
export type Exec = (sql: string, params?: SqlParams) => Rows

/** A materializer in JavaScript. `version` goes into the schema's hash: another one makes the state anew. */
export interface CoreMaterializer {
  readonly version: number
  run(event: LogEvent, exec: Exec): void
}

export interface OpenOptions {
  /** The schema document (docs/schema.md). Events of `materializers` say {"function": version} in it. */
  readonly schema: string
  readonly materializers?: Readonly<Record<string, CoreMaterializer>>
  readonly storeId?: string
  readonly clientId?: string
  readonly sessionId?: string
  /** A directory of the module's file system; none: a store in memory. */
  readonly path?: string
  readonly durability?: 'process' | 'power' | 'later'
  readonly onLog?: (level: 'warning' | 'info', key: string, text: string) => void
  /** Long work tells how far it is; true stops it. */
  readonly onProgress?: (what: string, done: number, total: number) => boolean | void
}

/** A node of the reactive graph (docs/reactivity.md): an integer handle. */
export type NodeId = number

/** A run of a node: what is read through it becomes a dependency. Good until the run ends. */
export interface Tracker {
  /** Depend on a node; gives its version (signals, computed values). */
  value(node: NodeId): number
  /** Depend on a node; gives its rows (live and chosen queries). */
  rows(node: NodeId): Rows
  /** Depend on a live query of this SQL and these parameters. */
  query(sql: string, params: SqlParams): Rows
}

/** A live value of a store, as `store._dev.nodes()` shows it. */
export interface NodeInfo {
  readonly id: number
  readonly kind: 'signal' | 'computed' | 'live' | 'chosen' | 'effect' | 'subscription'
  readonly label: string
  readonly runs: number
  readonly lastMs: number
  readonly worstMs: number
  readonly cause: 'none' | 'first' | 'table' | 'node' | 'state' | 'error'
  readonly table: string | null
  readonly sources: readonly number[]
  readonly readers: number
  readonly rows: number
  readonly bytes: number
  readonly stale: boolean
  readonly error: string | null
}

/** What moves frames for a store that syncs (livestore_host.h). None may call back into the library from inside. */
export interface CoreTransport {
  /** Each frame sent is a request whose answer is one frame (HTTP). */
  readonly requests?: boolean
  connect(payload: string | null): void
  send(frame: string): void
  close(): void
}

/** How a store syncs. */
export interface SyncOptions {
  readonly url?: string
  /** Asked for each connection; throws to be asked again later. */
  readonly payload?: () => unknown
  /** When the server has another log than before (docs/sync.md). Default: set-aside. */
  readonly backend?: 'set-aside' | 'stop' | 'upload'
  /** How many events go out at once. */
  readonly pushEvents?: number
  /** After what time a server that is away is tried again: at first, and at most. Default: 1 and 30 s. */
  readonly retryMinMs?: number
  readonly retryMaxMs?: number
  /** How often a silent connection is tried out. */
  readonly pingMs?: number
}

export interface CoreSyncStatus {
  readonly phase: 'off' | 'connecting' | 'pulling' | 'live' | 'waiting' | 'failed'
  readonly online: boolean
  readonly equal: boolean
  readonly head: SeqNum
  readonly upstreamHead: SeqNum
  readonly pending: number
  readonly conflicts: number
  readonly remaining: number
  readonly nextTryMs: number
  readonly pulled: number
  readonly pushed: number
  readonly backendId: string | null
  readonly error: CoreErrorInfo | null
}

/** A commit that was set aside, and why. */
export interface Conflict {
  readonly id: number
  /** What came from elsewhere broke it; it undid such a commit; the server refused it; the server is another one. */
  readonly cause: 'rebase' | 'undone' | 'refused' | 'backend'
  /** Which of the events failed, from 0; -1: none of them in particular. */
  readonly item: number
  readonly error: string
  readonly events: readonly LogEvent[]
}

/** A row that an event changed; `before` is null for an insert, `after` for a delete. */
export interface RowChange {
  readonly op: 'insert' | 'update' | 'delete'
  readonly table: string
  readonly before: Readonly<Record<string, SqlValue>> | null
  readonly after: Readonly<Record<string, SqlValue>> | null
}

export interface EventFilter {
  readonly since?: SeqNum
  readonly until?: SeqNum
  readonly name?: string
  readonly clientId?: string
  readonly sessionId?: string
  readonly confirmed?: boolean
  readonly synced?: boolean
}

/** How much a store has, and where it stands. */
export interface CoreStatus {
  readonly head: SeqNum
  readonly upstreamHead: SeqNum
  readonly state: SeqNum
  readonly events: number
  readonly pending: number
  readonly failed: number
  readonly conflicts: number
  readonly logBytes: number
  readonly stateBytes: number
}

/** The state at an earlier position. */
export interface CoreView {
  query(sql: string, params?: SqlParams): Rows
  close(): void
}

/** The leader's end of a session that lives elsewhere (livestore_host.h). Messages are bytes. */
export interface Downlink {
  receive(message: Uint8Array): void
  /** The next message for the session; undefined: nothing more for now. Ask after every call on the store. */
  take(): Uint8Array | undefined
  close(): void
}

/** How a session that lives elsewhere stands with its leader. */
export interface UplinkStatus {
  /** It was welcomed since it greeted last. */
  readonly welcome: boolean
  /** Events that the leader is not known to have. */
  readonly unsaved: number
  readonly leaderHead: SeqNum
  /** Why the leader did not take something last; null: it took all since. */
  readonly error: CoreErrorInfo | null
}

/** What a page calls: of a session whose log is elsewhere, and of a whole store. */
export interface CoreSession {
  readonly storeId: string
  readonly clientId: string
  readonly sessionId: string
  readonly schemaHash: string
  close(): void

  /** `events` is JSON text: [{"name": …, "args": {…}}, …]; all of them or none. */
  commit(events: string): CoreReceipt
  stage(receipt: CoreReceipt): Stage
  undo(n: number): CoreReceipt
  redo(n: number): CoreReceipt
  undoStatus(most: number): { undo: number; redo: number; undoName: string | null; redoName: string | null }

  query(sql: string, params?: SqlParams): Rows
  stateHash(): string
  status(): CoreStatus

  signal(label: string, version: number): NodeId
  setSignal(node: NodeId, version: number): void
  /** `run` gives a version: the same as before stops the pass there. */
  computed(label: string, run: (tracker: Tracker) => number): NodeId
  live(label: string, sql: string, params: SqlParams): NodeId
  value(node: NodeId): number
  rows(node: NodeId): Rows
  /** `later`: leave the first call out. Release the subscription to end it. */
  subscribe(node: NodeId, label: string, later: boolean, told: (error: CoreErrorInfo | null) => void): NodeId
  release(node: NodeId): void
  batchBegin(): void
  batchCommit(): void
  nodes(): NodeInfo[]

  /** Of a store made by `openUplink`. */
  uplinkReceive(message: Uint8Array): void
  uplinkTake(): Uint8Array | undefined
  /** The leader is gone: greet the next one with this. */
  uplinkHello(): Uint8Array
  uplinkStatus(): UplinkStatus
}

/** A store with its log: what a leader calls, too. */
export interface CoreStore extends CoreSession {
  flush(): void
  /** A client document as JSON text. */
  document(name: string, id?: string): string
  events(filter: EventFilter, most: number): LogEvent[]
  eventChanges(seq: SeqNum): RowChange[]
  history(table: string, key: SqlParams): { event: LogEvent; change: RowChange }[]
  diff(from: SeqNum, to: SeqNum): RowChange[]
  at(position: SeqNum): CoreView

  /** A live query whose SQL or parameters depend on other nodes. */
  chosen(label: string, run: (tracker: Tracker) => { sql: string; params: SqlParams }): NodeId

  attach(transport: CoreTransport, options: SyncOptions): void
  detach(): void
  opened(): void
  frame(text: string): void
  closed(why: { code: string; message: string }): void
  tick(): void
  /** When tick is due: milliseconds from now, 0 at once, Infinity never. */
  dueMs(): number
  syncStatus(): CoreSyncStatus
  conflicts(): Conflict[]
  retryConflict(id: number, events?: string): CoreReceipt
  dropConflict(id: number): void

  /** The leader's side: another session, somewhere else, greets with `hello`; its welcome is the first message. */
  downlink(hello: Uint8Array): Downlink
}

export interface Core {
  readonly version: string
  open(options: OpenOptions): CoreStore
  /** A session whose log is kept by a leader elsewhere. It is empty until it has received the welcome. */
  openUplink(options: OpenOptions): CoreStore
  checkSchema(options: OpenOptions): void
  nanoid(size?: number): string
  /** Bytes that the module's memory takes. */
  memoryBytes(): number
}
