import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { act, modes, pass, render, renderHook } from './lib/render.js'
import * as React from 'react'
import { Component, Suspense } from 'react'
import type { ReactNode } from 'react'
import { StoreRegistry } from '../src/index.js'
import { StoreRegistryProvider, storeOptions, useStore, useStoreRegistry } from '../src/react/index.js'
import { events, options, tables } from './lib/todos.js'

type Options = ReturnType<typeof options> & { unusedCacheTime?: number }

class Boundary extends Component<{ children: ReactNode }, { message?: string }> {
  override state: { message?: string } = {}
  static getDerivedStateFromError = ({ message }: Error) => ({ message })
  override render() {
    return this.state.message ?? this.props.children
  }
}

const Count = ({ of }: { of: Options }): ReactNode => {
  const store = useStore(of)
  return `${store.storeId}:${store.useQuery(tables.todos).length}`
}

const app = (registry: StoreRegistry, children: ReactNode): ReactNode => (
  <StoreRegistryProvider storeRegistry={registry}>
    <Boundary><Suspense fallback="…">{children}</Suspense></Boundary>
  </StoreRegistryProvider>
)

/** Until the component shows something else than that it waits. */
const shown = async (text: () => string): Promise<string> => {
  for (let i = 0; i < 1000 && text() === '…'; i++) await pass(10)
  return text()
}

/** Whether a store is dropped before long. */
const isDropped = async (registry: StoreRegistry, of: Options): Promise<boolean> => {
  for (let i = 0; i < 1000; i++) {
    if (registry.getOrLoadPromise(of) instanceof Promise) return true
    await pass(10)
  }
  return false
}

for (const { strict } of modes) {
  describe(`useStore, ${strict ? 'strict' : 'plain'} mode`, () => {
    test('RE-28 suspends, then gives the store with its hooks', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 500 } })
      const of = storeOptions(options())
      const view = await render(app(registry, <Count of={of} />), { strict })
      assert.equal(await shown(view.text), `${of.storeId}:0`)
      const store = await registry.getOrLoadPromise(of)
      await act(async () => void store.commit(events.todoCreated({ id: 'a', text: 'milk' })))
      assert.equal(view.text(), `${of.storeId}:1`)
      await view.unmount()
      await registry.dispose()
    })

    test('a store that is loaded does not suspend, whatever object the options are', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 500 } })
      const of = options()
      await registry.preload(of)
      const view = await render(app(registry, <Count of={of} />), { strict })
      assert.equal(view.text(), `${of.storeId}:0`)
      await view.rerender(app(registry, <Count of={{ ...of }} />))
      assert.equal(view.text(), `${of.storeId}:0`)
      await view.unmount()
      await registry.dispose()
    })

    test('RE-29 another storeId gives the other store', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 500 } })
      const [a, b] = [options(), options()]
      const view = await render(app(registry, <Count of={a} />), { strict })
      assert.equal(await shown(view.text), `${a.storeId}:0`)
      await view.rerender(app(registry, <Count of={b} />))
      await pass(50)
      assert.equal(await shown(view.text), `${b.storeId}:0`)
      await view.unmount()
      await registry.dispose()
    })

    test('components share one store, which is the object of the registry', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 500 } })
      const of = options()
      const seen = new Set<unknown>()
      const Show = (): ReactNode => {
        seen.add(useStore(of))
        return '.'
      }
      const view = await render(app(registry, <><Show /><Show /></>), { strict })
      assert.equal(await shown(view.text), '..')
      assert.deepEqual([...seen], [await registry.getOrLoadPromise(of)])
      await view.unmount()
      await registry.dispose()
    })

    test('what loading fails with is thrown', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 500 } })
      const of = { ...options(), adapter: async () => Promise.reject(new Error('the disk is gone')) }
      const view = await render(app(registry, <Count of={of} />), { strict })
      assert.match(await shown(view.text), /the disk is gone/)
      await view.unmount()
      await registry.dispose()
    })

    test('the registry is asked in each render, and transitions come to their end', {
      skip: !('useActionState' in React),
    }, async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 500 } })
      const of = options()
      let asked = 0
      const ask = registry.getOrLoadPromise
      registry.getOrLoadPromise = ((...args: Parameters<typeof ask>) => {
        asked++
        return ask.apply(registry, args)
      }) as typeof ask
      let go = (): void => {}
      const Form = (): ReactNode => {
        useStore(of)
        const [state, dispatch, pending] = React.useActionState((_before: string, next: string) => next, 'none')
        go = () => React.startTransition(() => dispatch('done'))
        return `${state} ${pending}`
      }
      const view = await render(app(registry, <Form />), { strict })
      assert.equal(await shown(view.text), 'none false')
      asked = 0
      await act(async () => go())
      await pass()
      assert.equal(view.text(), 'done false')
      assert.ok(asked > 0)
      await view.unmount()
      await registry.dispose()
    })

    test('RE-31 a mounted component keeps its store, also with unusedCacheTime 0; then it is closed', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 0 } })
      const of = options()
      const view = await render(app(registry, <Count of={of} />), { strict })
      assert.equal(await shown(view.text), `${of.storeId}:0`)
      await pass(1100)
      const store = registry.getOrLoadPromise(of)
      assert.ok(!(store instanceof Promise))
      await act(async () => void store.commit(events.todoCreated({ id: 'a', text: 'milk' })))
      assert.equal(view.text(), `${of.storeId}:1`)
      await view.unmount()
      assert.ok(await isDropped(registry, of))
      await registry.dispose()
    })

    test('a store that was shut down is opened anew by the next render, and kept', async () => {
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 0 } })
      const of = options()
      const view = await render(app(registry, <Count of={of} />), { strict })
      await shown(view.text)
      const first = await registry.getOrLoadPromise(of)
      await first.shutdownPromise()
      await view.rerender(app(registry, <Count of={{ ...of }} />))
      await pass(50)
      assert.equal(await shown(view.text), `${of.storeId}:0`)
      await pass(1100)
      const second = registry.getOrLoadPromise(of)
      assert.ok(!(second instanceof Promise) && second !== first)
      await view.unmount()
      await registry.dispose()
    })

    test('a store that was asked for waits for a slow render, but not for one that never comes', async (t) => {
      t.mock.timers.enable({ apis: ['setTimeout'] })
      const registry = new StoreRegistry({ defaultOptions: { unusedCacheTime: 0 } })
      const of = options()
      const view = await render(app(registry, <Count of={of} />), { strict })
      await view.unmount()
      await registry.getOrLoadPromise(of)
      t.mock.timers.tick(300)
      t.mock.timers.tick(1)
      assert.ok(!(registry.getOrLoadPromise(of) instanceof Promise))
      t.mock.timers.tick(700)
      t.mock.timers.tick(1)
      assert.ok(registry.getOrLoadPromise(of) instanceof Promise)
      await registry.dispose()
    })
  })
}

test('useStoreRegistry gives the registry of the provider, or the one that is passed', async () => {
  const [near, other] = [new StoreRegistry(), new StoreRegistry()]
  const { result, unmount } = await renderHook(() => [useStoreRegistry(), useStoreRegistry(other)], {
    props: 0,
    wrapper: ({ children }) => <StoreRegistryProvider storeRegistry={near}>{children}</StoreRegistryProvider>,
  })
  assert.deepEqual(result.current, [near, other])
  await unmount()
})

test('without a provider useStore says what to do', async () => {
  await assert.rejects(renderHook(() => useStore(options()), { props: 0 }), /StoreRegistryProvider/)
})
