import type { Cells } from './cells.js'
import type {
  Conflict, CoreErrorInfo, CoreReceipt, CoreStatus, CoreSyncStatus, LogEvent, NodeInfo, RowChange, SeqNum, SqlValue,
  Stage, UplinkStatus,
} from './types.js'

// Records as web/bridge writes them; names in the order of the enums in livestore.h.

export const STAGES: readonly Stage[] = ['local', 'durable', 'confirmed', 'set-aside']
const OPS = ['insert', 'update', 'delete'] as const
const KINDS = ['signal', 'computed', 'live', 'chosen', 'effect', 'subscription'] as const
const CAUSES = ['none', 'first', 'table', 'node', 'state', 'error'] as const
const PHASES = ['off', 'connecting', 'pulling', 'live', 'waiting', 'failed'] as const
const CONFLICT_CAUSES = ['rebase', 'undone', 'refused', 'backend'] as const

const pick = <T>(names: readonly T[], cells: Cells): T => names[cells.number()] as T

/** Records until the end of the cells. */
export function readAll<T>(cells: Cells, read: (cells: Cells) => T): T[] {
  const all: T[] = []
  while (cells.more()) all.push(read(cells))
  return all
}

const readSeqNum = (cells: Cells): SeqNum => ({
  global: cells.number(),
  client: cells.number(),
  generation: cells.number(),
})

export const readEvent = (cells: Cells): LogEvent => ({
  seq: readSeqNum(cells),
  parent: readSeqNum(cells),
  name: cells.text(),
  args: JSON.parse(cells.text()) as unknown,
  clientId: cells.text(),
  sessionId: cells.text(),
})

function readRow(cells: Cells, columns: readonly string[]): Record<string, SqlValue> {
  const row: Record<string, SqlValue> = {}
  for (const column of columns) row[column] = cells.next()
  return row
}

export function readChange(cells: Cells): RowChange {
  const op = pick(OPS, cells)
  const table = cells.text()
  const n = cells.number()
  const hasBefore = cells.number() === 1
  const hasAfter = cells.number() === 1
  const columns = cells.list(n) as string[]
  const before = hasBefore ? readRow(cells, columns) : null
  return { op, table, before, after: hasAfter ? readRow(cells, columns) : null }
}

export const readHistory = (cells: Cells): { event: LogEvent; change: RowChange } => ({
  event: readEvent(cells),
  change: readChange(cells),
})

export const readReceipt = (cells: Cells): CoreReceipt => ({
  first: readSeqNum(cells),
  last: readSeqNum(cells),
  serial: BigInt(cells.next() as number | bigint),
  stage: pick(STAGES, cells),
})

export const readStatus = (cells: Cells): CoreStatus => ({
  head: readSeqNum(cells),
  upstreamHead: readSeqNum(cells),
  state: readSeqNum(cells),
  events: cells.number(),
  pending: cells.number(),
  failed: cells.number(),
  conflicts: cells.number(),
  logBytes: cells.number(),
  stateBytes: cells.number(),
})

export const readNode = (cells: Cells): NodeInfo => ({
  id: cells.number(),
  kind: pick(KINDS, cells),
  label: cells.text(),
  runs: cells.number(),
  lastMs: cells.number(),
  worstMs: cells.number(),
  cause: pick(CAUSES, cells),
  table: cells.maybe(),
  readers: cells.number(),
  rows: cells.number(),
  bytes: cells.number(),
  stale: cells.number() === 1,
  error: cells.maybe(),
  sources: cells.list(cells.number()) as number[],
})

function readError(cells: Cells): CoreErrorInfo | null {
  const code = cells.maybe()
  const item = cells.number()
  const message = cells.text()
  return code === null ? null : { code, item, message }
}

export function readSyncStatus(cells: Cells): CoreSyncStatus {
  const status = {
    phase: pick(PHASES, cells),
    online: cells.number() === 1,
    equal: cells.number() === 1,
    head: readSeqNum(cells),
    upstreamHead: readSeqNum(cells),
    pending: cells.number(),
    conflicts: cells.number(),
    remaining: cells.number(),
    nextTryMs: cells.number(),
    pulled: cells.number(),
    pushed: cells.number(),
    backendId: cells.maybe(),
  }
  return { ...status, error: readError(cells) }
}

export const readLinkStatus = (cells: Cells): UplinkStatus => ({
  welcome: cells.number() === 1,
  unsaved: cells.number(),
  leaderHead: readSeqNum(cells),
  error: readError(cells),
})

export function readConflict(cells: Cells): Conflict {
  const id = cells.number()
  const cause = pick(CONFLICT_CAUSES, cells)
  const item = cells.number()
  const error = cells.text()
  const n = cells.number()
  return { id, cause, item, error, events: Array.from({ length: n }, () => readEvent(cells)) }
}
