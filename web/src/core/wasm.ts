/** The functions that the module exports (web/bridge/*.c). Pointers and results are numbers: see web/bridge/module.h */
type Call = (...args: number[]) => number

export type WasmExports = { readonly memory: WebAssembly.Memory; _initialize(): void } & Readonly<
  Record<
    | 'ls_web_new' | 'ls_web_alloc' | 'ls_web_free' | 'ls_web_version' | 'ls_web_open' | 'ls_web_schema_check'
    | 'ls_web_close' | 'ls_web_names' | 'ls_web_commit' | 'ls_web_stage' | 'ls_web_flush' | 'ls_web_undo'
    | 'ls_web_redo' | 'ls_web_undo_status' | 'ls_web_status' | 'ls_web_event' | 'ls_web_exec'
    | 'ls_web_query' | 'ls_web_rows' | 'ls_web_rows_release' | 'ls_web_document' | 'ls_web_state_hash'
    | 'ls_web_events' | 'ls_web_event_changes' | 'ls_web_history' | 'ls_web_diff' | 'ls_web_at' | 'ls_web_view_query'
    | 'ls_web_view_close' | 'ls_web_signal' | 'ls_web_signal_set' | 'ls_web_computed' | 'ls_web_chosen'
    | 'ls_web_live' | 'ls_web_subscribe' | 'ls_web_node_release' | 'ls_web_node_value' | 'ls_web_node_rows'
    | 'ls_web_tracker_value' | 'ls_web_tracker_rows' | 'ls_web_tracker_query' | 'ls_web_batch_begin'
    | 'ls_web_batch_commit' | 'ls_web_nodes' | 'ls_web_attach' | 'ls_web_detach' | 'ls_web_opened' | 'ls_web_frame'
    | 'ls_web_closed' | 'ls_web_tick' | 'ls_web_due_ms' | 'ls_web_sync_status' | 'ls_web_payload_set'
    | 'ls_web_conflicts' | 'ls_web_conflict_retry' | 'ls_web_conflict_drop' | 'ls_web_uplink_receive'
    | 'ls_web_uplink_take' | 'ls_web_uplink_lost' | 'ls_web_uplink_status' | 'ls_web_downlink_open'
    | 'ls_web_downlink_receive' | 'ls_web_downlink_take' | 'ls_web_downlink_close',
    Call
  >
>
