/** Undo and redo of what this session committed, and whether there is any, as a live value for buttons. */
import type { CoreSession } from '../core/types.js'
import { signal } from '../live/index.js'
import type { LiveContext, LiveQueryDef } from '../live/index.js'
import { setSignal } from '../live/signal.js'

/** What can be undone and redone: how many commits, and the first event of the next one. */
export interface UndoStatus {
  readonly undo: number
  readonly redo: number
  readonly undoName: string | null
  readonly redoName: string | null
}

/** So many commits are counted, at most. */
const MOST = 100

/** The status as a live value, and what is to be called when it may have changed. It costs nothing while nobody looks. */
export const watchUndo = (
  core: CoreSession, context: LiveContext,
): { status$: LiveQueryDef<UndoStatus>; changed(): void } => {
  const status: LiveQueryDef<UndoStatus> & { initial: UndoStatus; _tag: 'signal-def' } =
    signal<UndoStatus>({ undo: 0, redo: 0, undoName: null, redoName: null }, { label: 'undoStatus' })
  const isLive = (): boolean => context.shared.has(status.hash)
  const refresh = (): void => setSignal(context, status, core.undoStatus(MOST))
  return {
    status$: {
      ...status,
      _tag: 'def',
      make: (where) => {
        if (!isLive()) refresh()
        return status.make(where)
      },
    },
    changed: () => {
      if (isLive()) refresh()
    },
  }
}
