/** A list whose items render one by one. */

import { createElement, memo, useEffect, useState } from 'react'
import type { ReactElement, ReactNode } from 'react'
import type { LiveQueryDef } from '../live/index.js'
import { useQuery } from './query.js'
import { deepEqual } from '../live/index.js'
import type { AnyStore } from './types.js'

interface ItemOptions {
  readonly index: number
  /** The list shows for the first time: new items need no animation. */
  readonly isInitialListRender: boolean
}

/** The properties of `LiveList`. */
export interface LiveListProps<TItem> {
  readonly items$: LiveQueryDef<readonly TItem[]>
  readonly renderItem: (item: TItem, options: ItemOptions) => ReactNode
  /** Tells items apart. */
  readonly getKey: (item: TItem, index: number) => string | number
  readonly store: AnyStore
}

interface ItemProps extends ItemOptions {
  readonly item: unknown
  readonly renderItem: (item: never, options: ItemOptions) => ReactNode
}

const sameItem = (a: ItemProps, b: ItemProps): boolean =>
  a.index === b.index && a.renderItem === b.renderItem && deepEqual(a.item, b.item)

const Item = memo(
  ({ item, renderItem, index, isInitialListRender }: ItemProps) =>
    renderItem(item as never, { index, isInitialListRender }), sameItem,
)

/** Shows the items of a query. When the query changes, only those items render that have changed or moved.
 *
 * ```tsx
 * <LiveList store={store} items$={todos$} getKey={({ id }) => id} renderItem={(todo) => <Todo todo={todo} />} />
 * ``` */
export const LiveList = <TItem>({ items$, renderItem, getKey, store }: LiveListProps<TItem>): ReactElement[] => {
  const items = useQuery(items$, { store })
  const [isInitialListRender, setInitial] = useState(true)
  useEffect(() => setInitial(false), [])
  return items.map((item, index) =>
    createElement(Item, { key: getKey(item, index), item, renderItem, index, isInitialListRender }))
}
