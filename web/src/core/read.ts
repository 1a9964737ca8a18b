import { CoreError } from './error.js'
import { Cells } from './cells.js'
import type { Bridge } from './host.js'
import { readAll, readChange, readEvent, readHistory } from './records.js'
import type { CoreStore, CoreView, Rows, SeqNum, SqlParams, SqlValue } from './types.js'

type Reading = Pick<
  CoreStore,
  'query' | 'document' | 'stateHash' | 'events' | 'eventChanges' | 'history' | 'diff' | 'at'
>

const ROOT: SeqNum = { global: 0, client: 0, generation: 0 }

const parts = ({ global, client, generation }: SeqNum): SqlValue[] => [global, client, generation]

/** The part of a store that reads: the state, the log, what was. */
export function openReading(bridge: Bridge, store: () => number): Reading {
  const { memory } = bridge
  const { wasm, web } = memory

  function query(sql: string, params: SqlParams, run: (text: number, values: number, n: number) => number): Rows {
    const { top } = memory
    try {
      const n = memory.check(run(memory.text(sql), memory.values(params), params.length))
      return new Cells(memory).rows(n)
    } finally {
      memory.release(top)
    }
  }

  /** What `call` writes, given what it is to be given. */
  function read(call: (handle: number) => number): Cells {
    const { top } = memory
    try {
      memory.check(call(store()))
      return new Cells(memory)
    } finally {
      memory.release(top)
    }
  }

  function view(position: SeqNum): CoreView {
    const { top } = memory
    let handle = 0
    try {
      handle = memory.pointer(wasm.ls_web_at(web, store(), memory.values(parts(position))))
    } finally {
      memory.release(top)
    }
    const open = (): number => {
      store()
      if (handle === 0) throw new CoreError('LS_ENOTFOUND', 'the view has been closed')
      return handle
    }
    return {
      query: (sql, params = []) =>
        query(sql, params, (text, values, n) => wasm.ls_web_view_query(web, open(), text, values, n)),
      close() {
        if (handle === 0) return
        store()
        wasm.ls_web_view_close(handle)
        handle = 0
      },
    }
  }

  return {
    query: (sql, params = []) =>
      query(sql, params, (text, values, n) => wasm.ls_web_query(web, store(), text, values, n)),
    document: (name, id) =>
      read((handle) => wasm.ls_web_document(web, handle, memory.text(name), memory.maybe(id))).text(),
    stateHash: () => read((handle) => wasm.ls_web_state_hash(web, handle)).text(),
    events(filter, most) {
      const { since = ROOT, until = ROOT, name, clientId, sessionId, confirmed, synced } = filter
      const values = [...parts(since), ...parts(until), name, clientId, sessionId, confirmed === true, synced === true]
      const n = Math.min(most, 0x7fffffff)
      return readAll(read((handle) => wasm.ls_web_events(web, handle, memory.values(values), n)), readEvent)
    },
    eventChanges: (seq) =>
      readAll(read((handle) => wasm.ls_web_event_changes(web, handle, memory.values(parts(seq)))), readChange),
    history: (table, key) =>
      readAll(
        read((handle) => wasm.ls_web_history(web, handle, memory.text(table), memory.values(key), key.length)),
        readHistory,
      ),
    diff(from, to) {
      const positions = [...parts(from), ...parts(to)]
      return readAll(read((handle) => wasm.ls_web_diff(web, handle, memory.values(positions))), readChange)
    },
    at: view,
  }
}
