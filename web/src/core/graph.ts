import { CoreError } from './error.js'
import type { Bridge, NodeHost } from './host.js'
import { cellsOf } from './cells.js'
import { readAll, readNode } from './records.js'
import type { CoreSession, NodeId, Rows, SqlParams, Tracker } from './types.js'

type Graph = Pick<
  CoreSession,
  | 'signal' | 'setSignal' | 'computed' | 'live' | 'value' | 'rows' | 'subscribe' | 'release' | 'batchBegin'
  | 'batchCommit' | 'nodes'
>

/** A node that this side has handles to: how many, and the rows that were read of it last. */
interface Held {
  handles: number
  rows: number
}

/** The reactive part of a store, and what other kinds of nodes are made with. */
export interface OpenGraph {
  readonly graph: Graph
  close(): void
  /** A node that reads others. */
  running(run: (tracker: Tracker, handle: number) => number): NodeHost
  /** A query in a run, as the library has it. */
  query(tracker: number, sql: string, params: SqlParams): number
  /** A handle to a node that calls `host`. */
  openCalling(host: NodeHost, work: (store: number, id: number) => number): NodeId
}

/** The reactive part of a store. `store` gives its handle, or throws when it is closed. */
export function openGraph(bridge: Bridge, store: () => number): OpenGraph {
  const { memory } = bridge
  const { wasm, web } = memory
  const nodes = new Map<NodeId, Held>()

  function held(node: NodeId): Held {
    store()
    const found = nodes.get(node)
    if (!found) throw new CoreError('LS_ENOTFOUND', `node ${node} has been released`)
    return found
  }

  /** One more handle to a node that was opened with what `work` has written to memory. */
  function open(work: (store: number) => number): NodeId {
    const node = memory.scratch(() => memory.pointer(work(store())))
    const known = nodes.get(node)
    if (known) known.handles++
    else nodes.set(node, { handles: 1, rows: 0 })
    return node
  }

  /** The same of a node that calls `host`. */
  function openCalling(host: NodeHost, work: (store: number, id: number) => number): NodeId {
    const id = bridge.id()
    bridge.nodes.set(id, host)
    try {
      return open((handle) => work(handle, id))
    } catch (error) {
      bridge.nodes.delete(id)
      throw error
    }
  }

  const query = (tracker: number, sql: string, params: SqlParams): number =>
    memory.scratch(() => {
      const text = memory.text(sql)
      return memory.pointer(wasm.ls_web_tracker_query(web, tracker, text, memory.values(params), params.length))
    })

  /** A node that reads others. What it read is held until it has run again, so that what stayed the same is the same
   * object. */
  function running(run: (tracker: Tracker, handle: number) => number): NodeHost {
    let before: number[] = []
    return {
      run(handle) {
        const read: number[] = []
        let open = true
        const check = (node?: NodeId): void => {
          if (!open) throw new CoreError('LS_EARGS', 'the run has ended')
          if (node !== undefined) held(node)
        }
        const hold = (pointer: number): Rows => {
          const rows = bridge.rows.hold(pointer)
          read.push(pointer)
          return rows
        }
        try {
          return run(
            {
              value(node) {
                check(node)
                return number(wasm.ls_web_tracker_value(web, handle, node))
              },
              rows(node) {
                check(node)
                return hold(memory.pointer(wasm.ls_web_tracker_rows(web, handle, node)))
              },
              query(sql, params) {
                check()
                return hold(query(handle, sql, params))
              },
            },
            handle,
          )
        } finally {
          open = false
          before.forEach(bridge.rows.drop)
          before = read
        }
      },
      dropped: () => before.forEach(bridge.rows.drop),
    }
  }

  function number(value: number): number {
    if (Number.isNaN(value)) throw memory.error()
    return value
  }

  const graph: Graph = {
    signal: (label, version) => open((handle) => wasm.ls_web_signal(web, handle, memory.text(label), version)),
    setSignal(node, version) {
      held(node)
      memory.check(wasm.ls_web_signal_set(web, node, version))
    },
    computed: (label, run) =>
      openCalling(running(run), (handle, id) => wasm.ls_web_computed(web, handle, memory.text(label), id)),
    live: (label, sql, params) =>
      open((handle) =>
        wasm.ls_web_live(web, handle, memory.text(label), memory.text(sql), memory.values(params), params.length),
      ),
    value(node) {
      held(node)
      return number(wasm.ls_web_node_value(web, node))
    },
    rows(node) {
      const entry = held(node)
      const pointer = memory.pointer(wasm.ls_web_node_rows(web, node))
      const rows = bridge.rows.hold(pointer)
      bridge.rows.drop(entry.rows)
      entry.rows = pointer
      return rows
    },
    subscribe: (node, label, later, told) =>
      openCalling({ told }, (_, id) => {
        held(node)
        return wasm.ls_web_subscribe(web, node, memory.text(label), Number(later), id)
      }),
    release(node) {
      const entry = held(node)
      if (--entry.handles === 0) {
        nodes.delete(node)
        bridge.rows.drop(entry.rows)
      }
      wasm.ls_web_node_release(node)
    },
    batchBegin: () => void wasm.ls_web_batch_begin(store()),
    batchCommit: () => void memory.check(wasm.ls_web_batch_commit(web, store())),
    nodes: () => readAll(cellsOf(memory, wasm.ls_web_nodes(web, store())), readNode),
  }
  const close = (): void => {
    for (const entry of nodes.values()) bridge.rows.drop(entry.rows)
    nodes.clear()
  }
  return { graph, close, running, query, openCalling }
}
