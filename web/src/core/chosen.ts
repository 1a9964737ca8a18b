import type { OpenGraph } from './graph.js'
import { runNode, type Bridge, type HostFunctions } from './host.js'
import type { CoreStore } from './types.js'

/** Live queries that the library runs and whose SQL a function chooses. Pages have computed values that query. */
export const openChosen = (
  { memory }: Bridge, { running, query, openCalling }: OpenGraph,
): Pick<CoreStore, 'chosen'> => ({
  chosen(label, run) {
    const choose = running((tracker, handle) => {
      const { sql, params } = run(tracker)
      return query(handle, sql, params)
    })
    return openCalling(choose, (handle, id) =>
      memory.wasm.ls_web_chosen(memory.web, handle, memory.text(label), id),
    )
  },
})

/** What the library calls for them. */
export const chosenFunctions = (bridge: Bridge): HostFunctions => ({
  ls_host_choose: (id = 0, tracker = 0, err = 0) => runNode(bridge, id, tracker, err, 0),
})
