import { cellsOf, type Cells } from './cells.js'
import { CoreError } from './error.js'
import type { Bridge } from './host.js'
import { readRows } from './read.js'
import { readAll, readChange, readEvent, readHistory } from './records.js'
import type { CoreStore, CoreView, SeqNum, SqlValue } from './types.js'

const ROOT: SeqNum = { global: 0, client: 0, generation: 0 }

const parts = ({ global, client, generation }: SeqNum): SqlValue[] => [global, client, generation]

/** The part of a store that has the log: events, what they changed, what was. */
export function openLog(
  { memory }: Bridge, store: () => number,
): Pick<CoreStore, 'flush' | 'document' | 'events' | 'eventChanges' | 'history' | 'diff' | 'at'> {
  const { wasm, web } = memory

  /** What `call` writes, given what it is to be given. */
  const read = (call: (handle: number) => number): Cells => memory.scratch(() => cellsOf(memory, call(store())))

  function view(position: SeqNum): CoreView {
    let handle = memory.scratch(() => memory.pointer(wasm.ls_web_at(web, store(), memory.values(parts(position)))))
    const open = (): number => {
      store()
      if (handle === 0) throw new CoreError('LS_ENOTFOUND', 'the view has been closed')
      return handle
    }
    return {
      query: (sql, params = []) =>
        readRows(memory, sql, params, (text, values, n) => wasm.ls_web_view_query(web, open(), text, values, n)),
      close() {
        if (handle === 0) return
        store()
        wasm.ls_web_view_close(handle)
        handle = 0
      },
    }
  }

  return {
    flush: () => void memory.check(wasm.ls_web_flush(web, store())),
    document: (name, id) => {
      const idText = (): number => (id === undefined ? 0 : memory.text(id))
      return read((handle) => wasm.ls_web_document(web, handle, memory.text(name), idText())).text()
    },
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
