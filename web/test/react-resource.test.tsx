import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { modes, pass, render, renderHook } from './lib/render.js'
import * as React from 'react'
import { Suspense, createElement } from 'react'
import type { ReactNode } from 'react'
import { useRcResource } from '../src/react/resource.js'

/** Counts what is made and disposed of. */
const makeThings = () => {
  const made: string[] = []
  const disposed: string[] = []
  return {
    made,
    disposed,
    create: (name: string) => () => {
      made.push(name)
      return { name }
    },
    dispose: (thing: { name: string }) => {
      disposed.push(thing.name)
    },
  }
}

interface Asked {
  readonly scope: object
  readonly key: string
}

for (const { strict } of modes) {
  describe(`useRcResource, ${strict ? 'strict' : 'plain'} mode`, () => {
    const use = (props: Asked, things = makeThings()) => ({
      things,
      view: renderHook(
        ({ scope, key }: Asked) => useRcResource(scope, key, things.create(key), things.dispose), { strict, props },
      ),
    })

    test('RE-16 makes the resource once and disposes of it when the component goes', async () => {
      const { things, view } = use({ scope: {}, key: 'a' })
      const { unmount } = await view
      await pass()
      assert.deepEqual([things.made, things.disposed], [['a'], []])
      await unmount()
      await pass()
      assert.deepEqual([things.made, things.disposed], [['a'], ['a']])
    })

    test('RE-17 the same key gives the same resource', async () => {
      const scope = {}
      const { things, view } = use({ scope, key: 'a' })
      const { result, rerender, unmount } = await view
      const first = result.current
      await rerender({ scope, key: 'a' })
      assert.equal(result.current, first)
      assert.deepEqual(things.made, ['a'])
      await unmount()
    })

    test('RE-18 another key makes another one and disposes of the first', async () => {
      const scope = {}
      const { things, view } = use({ scope, key: 'a' })
      const { result, rerender, unmount } = await view
      await rerender({ scope, key: 'b' })
      await pass()
      assert.equal(result.current.name, 'b')
      assert.deepEqual([things.made, things.disposed], [['a', 'b'], ['a']])
      await unmount()
      await pass()
      assert.deepEqual(things.disposed, ['a', 'b'])
    })

    test('RE-19 RE-24 components share it, and it stays until the last has gone', async () => {
      const props = { scope: {}, key: 'a' }
      const things = makeThings()
      const one = await use(props, things).view
      const two = await use(props, things).view
      assert.equal(one.result.current, two.result.current)
      await one.unmount()
      await pass()
      assert.deepEqual([things.made, things.disposed], [['a'], []])
      await two.unmount()
      await pass()
      assert.deepEqual(things.disposed, ['a'])
    })

    test('RE-20 keys that change fast leave only the last', async () => {
      const scope = {}
      const { things, view } = use({ scope, key: '1' })
      const { rerender, unmount } = await view
      await rerender({ scope, key: '2' })
      await rerender({ scope, key: '3' })
      await pass()
      assert.deepEqual([things.made, things.disposed], [['1', '2', '3'], ['1', '2']])
      await unmount()
    })

    test('RE-21 scopes do not see each other', async () => {
      const things = makeThings()
      const one = await use({ scope: {}, key: 'a' }, things).view
      const two = await use({ scope: {}, key: 'a' }, things).view
      assert.notEqual(one.result.current, two.result.current)
      await one.unmount()
      await two.unmount()
    })

    test('RE-22 another scope disposes of the resource of the first', async () => {
      const { things, view } = use({ scope: {}, key: 'a' })
      const { result, rerender, unmount } = await view
      const first = result.current
      await rerender({ scope: {}, key: 'a' })
      await pass()
      assert.notEqual(result.current, first)
      assert.deepEqual([things.made, things.disposed], [['a', 'a'], ['a']])
      await unmount()
    })

    test('RE-23 what was disposed of is not given again', async () => {
      const props = { scope: {}, key: 'a' }
      const things = makeThings()
      const one = await use(props, things).view
      const first = one.result.current
      await one.unmount()
      await pass()
      const two = await use(props, things).view
      assert.notEqual(two.result.current, first)
      assert.deepEqual([things.made, things.disposed], [['a', 'a'], ['a']])
      await two.unmount()
    })

    test('a component that is moved in one step keeps the resource', async () => {
      const things = makeThings()
      const scope = {}
      const Item = (): ReactNode => useRcResource(scope, 'a', things.create('a'), things.dispose).name
      const view = await render(createElement(Item, { key: 1 }), { strict })
      await view.rerender(createElement(Item, { key: 2 }))
      await pass()
      assert.deepEqual([things.made, things.disposed], [['a'], []])
      await view.unmount()
    })

    test('a render that is thrown away gives its resource back after a while', async () => {
      const things = makeThings()
      const scope = {}
      const never = new Promise(() => {})
      const Waits = (): ReactNode => {
        useRcResource(scope, 'a', things.create('a'), things.dispose)
        throw never
      }
      const view = await render(createElement(Suspense, { fallback: '…' }, createElement(Waits)), { strict })
      assert.equal(view.text(), '…')
      assert.deepEqual([things.made, things.disposed], [['a'], []])
      await pass(1100)
      assert.deepEqual([things.made, things.disposed], [['a'], ['a']])
      await view.unmount()
    })

    test('a render whose effects run late asks for a new resource', { skip: !('Activity' in React) }, async () => {
      const things = makeThings()
      const scope = {}
      const Item = (): ReactNode => useRcResource(scope, 'a', things.create('a'), things.dispose).name
      const item = createElement(Item)
      const show = (mode: 'hidden' | 'visible'): ReactNode => createElement(React.Activity, { mode, children: item })
      const view = await render(show('hidden'), { strict })
      await pass(1100)
      assert.deepEqual([things.made, things.disposed], [['a'], ['a']])
      await view.rerender(show('visible'))
      await pass(1100)
      assert.deepEqual([things.made, things.disposed], [['a', 'a'], ['a']])
      await view.rerender(show('hidden'))
      await pass()
      assert.deepEqual([things.made, things.disposed], [['a', 'a'], ['a', 'a']])
      await view.rerender(show('visible'))
      await pass(1100)
      assert.deepEqual([things.made, things.disposed], [['a', 'a', 'a'], ['a', 'a']])
      await view.unmount()
    })
  })
}
