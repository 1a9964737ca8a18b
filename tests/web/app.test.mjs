// The to-do app as people use it: in Debian's Chromium, served by `livestore serve --app`. Screenshots go to
// build/web-shots.
import assert from 'node:assert/strict'
import fs from 'node:fs'
import { connect, createServer } from 'node:net'
import path from 'node:path'
import { after, before, test } from 'node:test'

import { run, scratch, serve, until } from '../server/lib/server.mjs'
import { app, launch, profileOf, serveApp } from './lib/app.mjs'

const SHOTS = path.resolve('build/web-shots')
let browser, server
before(async () => {
  fs.mkdirSync(SHOTS, { recursive: true })
  ;[browser, server] = await Promise.all([launch(), serveApp()])
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** A screenshot, once nothing moves any more that will stop. */
const shoot = async (page, name) => {
  await page.evaluate(() => Promise.all(document.getAnimations()
    .filter((a) => a.effect.getComputedTiming().iterations === 1).map((a) => a.finished)))
  await page.screenshot({ path: path.join(SHOTS, `${name}.png`) })
}

/** A test in a list of its own, with `profiles` that are closed in the end. Nothing may be reported to the console. */
let lists = 0
const appTest = (name, body, options = {}) =>
  test(name, async () => {
    const storeId = `list-${++lists}`
    const profiles = [], windows = []
    const profile = async (more = {}) => {
      const made = await profileOf(browser, server.origin, { ...options, ...more })
      profiles.push(made)
      return {
        ...made,
        open: async (where = `/?storeId=${storeId}`) => {
          const w = await (await made.open(where)).ready()
          windows.push(w)
          return w
        },
      }
    }
    try {
      await body({ profile, storeId, open: async () => (await profile()).open() })
      assert.deepEqual(windows.flatMap(({ problems }) => problems), [])
    } finally {
      await Promise.all(profiles.map((made) => made.close()))
    }
  })

// -------------------------------------------------------------------------------------------------
// One window

appTest('todos are added, trimmed, in their order, and empty ones are not', async ({ open }) => {
  const w = await open()
  await w.page.getByText('Nothing to do yet').waitFor()
  await w.add('Buy milk', '  Water the plants  ', '   ')
  await w.shows('[ ] Buy milk', '[ ] Water the plants')
  await w.hears('Added “Water the plants”')
  await w.page.getByText('2 items left').waitFor()
  await w.input.fill('By button')
  await w.button('Add').click()
  await w.shows('[ ] Buy milk', '[ ] Water the plants', '[ ] By button')
  await w.says('Synced')
})

appTest('text is text: markup, emoji, quotes and a long word stay as they are', async ({ open }) => {
  const w = await open()
  const texts = ['<b>bold</b> & "quotes"', "it's 緑茶 👩‍🚀 ½", 'x'.repeat(300)]
  await w.add(...texts)
  await w.shows(...texts.map((text) => `[ ] ${text}`))
  const wide = await w.page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
  assert.ok(wide <= 0, `the page is ${wide} px too wide`)
})

appTest('a todo is ticked off and opened again', async ({ open }) => {
  const w = await open()
  await w.add('a', 'b')
  await w.check('a').click()
  await w.shows('[x] a', '[ ] b')
  await w.page.getByText('1 item left').waitFor()
  await w.hears('Completed “a”')
  await w.check('a').click()
  await w.shows('[ ] a', '[ ] b')
})

appTest('all are ticked off at once, opened at once, and that is one step to undo', async ({ open }) => {
  const w = await open()
  await w.add('a', 'b', 'c')
  await w.check('b').click()
  const all = w.button('Mark all as done')
  assert.equal(await all.getAttribute('aria-pressed'), 'false')
  await all.click()
  await w.shows('[x] a', '[x] b', '[x] c')
  assert.equal(await all.getAttribute('aria-pressed'), 'true')
  await w.button('Undo').click()
  await w.shows('[ ] a', '[x] b', '[ ] c')
  await all.click()
  await all.click()
  await w.shows('[ ] a', '[ ] b', '[ ] c')
})

appTest('a todo is edited: Enter and leaving keep, Escape does not, nothing deletes', async ({ open }) => {
  const w = await open()
  await w.add('milk', 'bread')
  const editor = (text) => w.page.getByRole('textbox', { name: `Edit ${text}` })
  await w.page.getByText('milk', { exact: true }).dblclick()
  await editor('milk').fill('oat milk')
  await editor('milk').press('Enter')
  await w.shows('[ ] oat milk', '[ ] bread')
  await w.page.getByText('bread', { exact: true }).dblclick()
  await editor('bread').fill('rolls')
  await editor('bread').press('Escape')
  await w.shows('[ ] oat milk', '[ ] bread')
  await w.row('bread').hover()
  await w.button('Edit bread').click()
  await editor('bread').fill('buns')
  await w.input.click()
  await w.shows('[ ] oat milk', '[ ] buns')
  await w.page.getByText('buns', { exact: true }).dblclick()
  await editor('buns').fill('  ')
  await editor('buns').press('Enter')
  await w.shows('[ ] oat milk')
  await w.row('oat milk').hover()
  await w.button('Delete oat milk').click()
  await w.page.getByText('Nothing to do yet').waitFor()
})

appTest('what is shown is filtered, also as it changes, and a reload keeps the filter', async ({ open }) => {
  const w = await open()
  await w.add('a', 'b')
  await w.check('a').click()
  await w.button('Active').click()
  await w.shows('[ ] b')
  await w.check('b').click()
  await w.shows()
  await w.page.getByText('All done').waitFor()
  await w.button('Completed').click()
  await w.shows('[x] a', '[x] b')
  await w.page.reload()
  await w.shows('[x] a', '[x] b')
  assert.equal(await w.button('Completed').getAttribute('aria-pressed'), 'true')
  await w.button('All').click()
  await w.shows('[x] a', '[x] b')
})

appTest('completed todos are cleared, and one undo brings all of them back in their places', async ({ open }) => {
  const w = await open()
  await w.add('a', 'b', 'c')
  assert.equal(await w.button('Clear completed').isVisible(), false)
  await w.check('a').click()
  await w.check('c').click()
  await w.button('Clear completed').click()
  await w.shows('[ ] b')
  await w.hears('Cleared 2 todos')
  await w.button('Undo').click()
  await w.shows('[x] a', '[ ] b', '[x] c')
})

appTest('undo and redo: by button, by keys, to the beginning and back', async ({ open }) => {
  const w = await open()
  assert.equal(await w.button('Undo').getAttribute('aria-disabled'), 'true')
  await w.add('a', 'b')
  await w.check('a').click()
  await w.page.keyboard.press('Control+z')
  await w.shows('[ ] a', '[ ] b')
  await w.page.keyboard.press('Control+z')
  await w.shows('[ ] a')
  await w.page.keyboard.press('Control+Shift+z')
  await w.shows('[ ] a', '[ ] b')
  await w.page.keyboard.press('Control+y')
  await w.shows('[x] a', '[ ] b')
  assert.equal(await w.button('Redo').getAttribute('aria-disabled'), 'true')
  for (let i = 0; i < 3; i++) await w.button('Undo').click()
  await w.shows()
  await w.button('Undo').focus()
  await w.page.keyboard.press('Enter')
  await w.hears('Nothing to undo')
  for (let i = 0; i < 3; i++) await w.button('Redo').click()
  await w.shows('[x] a', '[ ] b')
})

appTest('in a text that is being written, the keys undo the writing and nothing else', async ({ open }) => {
  const w = await open()
  await w.add('a')
  await w.input.pressSequentially('half a th')
  await w.page.keyboard.press('Control+z')
  await w.shows('[ ] a')
  assert.notEqual(await w.input.inputValue(), 'half a th')
})

// -------------------------------------------------------------------------------------------------
// Several windows

appTest('two windows of a profile show the same at once; filter and undo are their own', async ({ profile }) => {
  const one = await profile(), a = await one.open(), b = await one.open()
  await a.add('from a')
  await b.shows('[ ] from a')
  await b.add('from b')
  await a.shows('[ ] from a', '[ ] from b')
  await b.button('Completed').click()
  await b.shows()
  await a.shows('[ ] from a', '[ ] from b')
  await a.button('Undo').click()
  await a.shows('[ ] from b')
  await b.button('All').click()
  await b.shows('[ ] from b')
})

appTest('when the first window closes, the others go on, and nothing is lost', async ({ profile }) => {
  const one = await profile(), a = await one.open(), b = await one.open()
  await a.add('before')
  await b.shows('[ ] before')
  await a.page.close()
  await b.add('after')
  await b.shows('[ ] before', '[ ] after')
  await b.says('Synced')
  const c = await one.open()
  await c.shows('[ ] before', '[ ] after')
})

appTest('two profiles sync through the server, also what is edited in both', async ({ profile }) => {
  const a = await (await profile()).open(), b = await (await profile()).open()
  await a.add('shared')
  await b.shows('[ ] shared')
  await b.check('shared').click()
  await a.shows('[x] shared')
  await Promise.all([a.add('a1', 'a2'), b.add('b1', 'b2')])
  await until(async () => (await a.list()).length === 5 && (await b.list()).length === 5)
  assert.deepEqual(await a.list(), await b.list())
  await Promise.all([a.says('Synced'), b.says('Synced')])
})

// -------------------------------------------------------------------------------------------------
// Offline, reload, addresses

appTest('without the server everything works, also a reload; then it is sent', async ({ profile, storeId }) => {
  const one = await profile(), a = await one.open(), b = await (await profile()).open()
  await a.add('online')
  await b.shows('[ ] online')
  await a.page.evaluate(() => navigator.serviceWorker.ready)
  await a.says('Synced')
  await server.stop()
  try {
    await a.says(/Offline|Connecting/)
    await a.add('offline 1', 'offline 2')
    await a.check('online').click()
    await a.says(/(Offline|Connecting) · 3 waiting/)
    await a.status.click()
    const unsent = a.page.getByRole('list', { name: 'Not sent yet' })
    assert.deepEqual(await unsent.getByRole('listitem').allInnerTexts(),
      ['Added “offline 1”', 'Added “offline 2”', 'Completed “online”'])
    await b.shows('[ ] online')
    await a.page.reload()
    await a.shows('[x] online', '[ ] offline 1', '[ ] offline 2')
    await a.says(/· 3 waiting/)
    await a.status.click()
    await a.page.getByText('3 events').waitFor()
    const c = await one.open(`/?storeId=${storeId}`)
    await c.shows('[x] online', '[ ] offline 1', '[ ] offline 2')
    await b.add('meanwhile')
  } finally {
    await server.start()
  }
  await Promise.all([a.says('Synced'), b.says('Synced')])
  await a.shows(...(await b.list()))
  assert.equal((await b.list()).length, 4)
  await a.page.getByText('Nothing waits to be sent.').waitFor()
})

appTest('a change that no longer fits is shown as a conflict, and can be dropped', async ({ open, storeId }) => {
  const w = await open(), dir = path.join(scratch(), 'other'), id = 'A'.repeat(21)
  await w.says('Synced')
  await server.stop()
  try {
    // The next id that this window makes is one that somebody else has taken.
    await w.page.evaluate(() => (crypto.getRandomValues = (array) => array.fill(0)))
    await w.add('mine')
    await w.says(/· 1 waiting/)
    const elsewhere = await serve({ data: server.data })
    const livestore = async (...args) => assert.equal((await run(args)).code, 0)
    await livestore('init', dir, '--schema', 'examples/web-todomvc/schema.json', '--id', storeId)
    await livestore('commit', dir, 'v1.TodoCreated', JSON.stringify({ id, text: 'theirs', createdAt: 1 }))
    await livestore('sync', dir, `ws://localhost:${elsewhere.port}`)
    await elsewhere.stop()
  } finally {
    await server.start()
  }
  await w.says('1 conflict')
  await w.shows('[ ] theirs')
  await w.hears('Sync needs you')
  await w.status.click()
  const conflict = w.page.getByRole('list', { name: 'Conflicts' }).getByRole('listitem')
  assert.match(await conflict.innerText(), /^Add “mine”\n/)
  await shoot(w.page, 'conflict')
  await w.page.getByRole('button', { name: 'Try again' }).click()
  await w.says('1 conflict')
  await w.page.getByRole('button', { name: 'Drop' }).click()
  await w.says('Synced')
})

appTest('going offline and online is told', async ({ open }) => {
  const w = await open()
  await w.says('Synced')
  await server.stop()
  try {
    await w.says(/Offline/)
    await w.hears('Offline. Changes are kept and sent later')
  } finally {
    await server.start()
  }
  await w.says('Synced')
  await w.hears('Connected, all changes are synced')
})

test('the address says which list is open, and the last one is remembered', async () => {
  const profile = await profileOf(browser, server.origin)
  const first = await (await profile.open('/')).ready()
  assert.equal(await first.page.locator('.list-name').count(), 0)
  await first.page.close()
  const byHash = await (await profile.open('/#shopping')).ready()
  await byHash.page.getByText('shopping', { exact: true }).waitFor()
  await byHash.add('apples')
  const byQuery = await (await profile.open('/?storeId=shopping')).ready()
  await byQuery.shows('[ ] apples')
  const remembered = await (await profile.open('/')).ready()
  await remembered.shows('[ ] apples')
  const wrong = await profile.open('/#%zz')
  await wrong.page.getByText('There is no such list').waitFor()
  await wrong.page.goto(`${server.origin}/?storeId=no%20such`)
  await wrong.page.getByText('There is no such list').waitFor()
  await wrong.page.getByRole('link', { name: 'Open “todos”' }).click()
  await wrong.ready()
  await profile.close()
})

test('the app and the command share a list, and hold the same rows', async () => {
  const profile = await profileOf(browser, server.origin)
  const dir = path.join(scratch(), 'laptop'), url = `ws://localhost:${server.port}`
  const livestore = async (...args) => {
    const { code, out, err } = await run(args)
    assert.equal(code, 0, err)
    return out
  }
  await livestore('init', dir, '--schema', 'examples/web-todomvc/schema.json', '--id', 'cli')
  await livestore('commit', dir, 'v1.TodoCreated', '{"id": "t", "text": "Written in a terminal", "createdAt": 1}')
  await livestore('sync', dir, url)
  const w = await (await profile.open('/?storeId=cli')).ready()
  await w.shows('[ ] Written in a terminal')
  await w.check('Written in a terminal').click()
  await w.add('Written in a browser')
  await w.button('Undo').click()
  await w.button('Redo').click()
  await w.says('Synced')
  await livestore('sync', dir, url)
  const rows = await livestore('query', dir, 'SELECT text, completed FROM todos ORDER BY createdAt', '--format', 'json')
  assert.deepEqual(JSON.parse(rows),
    [{ text: 'Written in a terminal', completed: 1 }, { text: 'Written in a browser', completed: 0 }])
  await livestore('commit', dir, 'v1.TodoDeleted', '{"id": "t"}')
  await livestore('sync', dir, url)
  await w.shows('[ ] Written in a browser')
  await profile.close()
})

// -------------------------------------------------------------------------------------------------
// Without a mouse, without eyes

appTest('all of it is done with the keyboard alone, and the focus is never lost', async ({ open }) => {
  const w = await open(), { keyboard } = w.page
  const press = async (...keys) => { for (const key of keys) await keyboard.press(key) }
  const focus = (name) =>
    until(async () => (await w.focused()) === name).catch(async () => assert.equal(await w.focused(), name))
  await focus('New todo')
  await keyboard.type('one')
  await press('Enter')
  await keyboard.type('two')
  await press('Enter')
  await focus('New todo')
  await press('Tab')
  await focus('one')
  await press('Space')
  await w.shows('[x] one', '[ ] two')
  await press('F2')
  await focus('Edit one')
  await keyboard.type('first')
  await press('Enter')
  await w.shows('[x] first', '[ ] two')
  await focus('first')
  await press('Tab')
  await focus('Edit first')
  await press('Tab', 'Enter')
  await w.shows('[ ] two')
  await focus('two')
  await press('Control+z')
  await w.shows('[x] first', '[ ] two')
  await press('Tab', 'Tab', 'Tab')
  await focus('All')
  await press('Tab', 'Enter')
  await w.shows('[ ] two')
  await press('Tab', 'Tab')
  await focus('Clear completed')
  await press('Enter')
  await focus('New todo')
  await press('Shift+Tab')
  await focus('Mark all as done')
  await press('Shift+Tab')
  assert.match(await w.focused(), /^Sync status/)
  await press('Enter')
  await w.page.getByRole('region', { name: 'Sync' }).waitFor()
})

appTest('when a todo leaves the filter, the focus goes to its neighbour', async ({ open }) => {
  const w = await open()
  await w.add('a', 'b', 'c')
  await w.button('Active').click()
  await w.check('b').focus()
  await w.page.keyboard.press('Space')
  await w.shows('[ ] a', '[ ] c')
  assert.equal(await w.focused(), 'c')
  await w.page.keyboard.press('Space')
  await w.page.keyboard.press('Space')
  await w.page.getByText('All done').waitFor()
  assert.equal(await w.focused(), 'New todo')
})

appTest('everything has a name and a role', async ({ open }) => {
  const w = await open()
  await w.add('Buy milk')
  await w.says('Synced')
  await w.check('Buy milk').click()
  await w.says('Synced')
  await w.status.click()
  const snapshot = await w.page.locator('body').ariaSnapshot()
  for (const line of [
    '- heading "Todos" [level=1]', '- group "History"', '- button "Undo"', '- button "Redo" [disabled]',
    `- 'button "Sync status: Synced" [expanded]'`, '- region "Sync"', '- main', '- button "Mark all as done" [pressed]',
    '- textbox "New todo"', '- button "Add" [disabled]', '- list "Todos"', '- listitem', '- checkbox "Buy milk" [checked]',
    '- button "Edit Buy milk"', '- button "Delete Buy milk"', '- group "Show"', '- button "All" [pressed]', '- button "Active"',
    '- button "Completed"', '- button "Clear completed"', '- status',
  ]) assert.ok(snapshot.includes(line), `${line} is not in\n${snapshot}`)
  const nameless = await w.page.locator('button, input, a').evaluateAll((all) =>
    all.filter((e) => !(e.getAttribute('aria-label') ?? e.textContent).trim()).map((e) => e.outerHTML))
  assert.deepEqual(nameless, [])
  assert.equal(await w.page.locator('html').getAttribute('lang'), 'en')
})

appTest('nothing moves where less motion is asked for', async ({ open }) => {
  const w = await open()
  await w.add('a')
  const moving = await w.page.evaluate(() => document.getAnimations().length)
  assert.equal(moving, 0)
}, { reducedMotion: 'reduce' })

// -------------------------------------------------------------------------------------------------
// How it looks

/** The contrast of each text with what is behind it (WCAG 2.2, 1.4.3); those that are too low. */
const lowContrast = (page) => page.evaluate(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    return canvas.getImageData(0, 0, 1, 1).data
  }
  const behind = (element) => {
    const layers = []
    for (let e = element; e; e = e.parentElement) layers.unshift(rgba(getComputedStyle(e).backgroundColor))
    return layers.reduce((under, [r, g, b, a]) => [r, g, b].map((c, i) => (c * a + under[i] * (255 - a)) / 255), [255, 255, 255])
  }
  const luminance = (color) => {
    const [r, g, b] = Array.from(color).map((c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const texts = [...document.querySelectorAll('body *')].filter((e) =>
    [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) && e.checkVisibility({ visibilityProperty: true }) &&
    !e.closest('.unseen, noscript, script'))
  return texts.map((e) => {
    const [low, high] = [luminance(rgba(getComputedStyle(e).color)), luminance(behind(e))].sort((a, b) => a - b)
    return [(high + 0.05) / (low + 0.05), e.textContent]
  }).filter(([contrast]) => contrast < 4.5)
})

/** What a finger can hit (WCAG 2.2, 2.5.8): what is smaller than 24 by 24 pixels. */
const small = (page) => page.locator('button, input').evaluateAll((all) =>
  all.map((e) => [e.getBoundingClientRect(), e.getAttribute('aria-label') ?? e.textContent])
    .filter(([{ width, height }]) => width < 24 || height < 24).map(([, name]) => name))

const SIZES = { phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true },
  desktop: { viewport: { width: 1280, height: 800 } } }
const TODOS = ['Book the train to Lisbon', 'Water the plants', 'Reply to Zoë about Saturday',
  'Buy oat milk, Brötchen, half a melon and whatever else the picnic on the big meadow behind the old mill may need',
  'Return library books', 'Fix the bicycle lamp']

for (const [size, options] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    appTest(`it looks right: ${size}, ${colorScheme}`, async ({ open }) => {
      const w = await open()
      const look = async (name) => {
        await shoot(w.page, `${size}-${colorScheme}-${name}`)
        assert.deepEqual(await lowContrast(w.page), [], name)
        assert.deepEqual(await small(w.page), [], name)
        assert.ok(await w.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} is too wide`)
      }
      await w.says('Synced')
      await look('empty')
      await w.add(...TODOS)
      await w.check(TODOS[1]).click()
      await w.check(TODOS[4]).click()
      await w.says('Synced')
      await w.input.focus()
      await look('list')
      await w.page.getByText(TODOS[2], { exact: true }).dblclick()
      await w.page.getByRole('textbox', { name: `Edit ${TODOS[2]}` }).waitFor()
      await look('edit')
      await w.page.keyboard.press('Escape')
      await server.stop()
      try {
        await w.says(/Offline|Connecting/)
        await w.add('Call the plumber')
        await w.check(TODOS[0]).click()
        await w.status.click()
        await w.says(/Offline · 2 waiting/)
        await look('offline')
      } finally {
        await server.start()
      }
      await w.status.click()
      await w.button('Completed').click()
      await w.says('Synced')
      await w.button('Clear completed').click()
      await look('filtered')
    }, { ...options, colorScheme })
  }
}

// -------------------------------------------------------------------------------------------------
// What is downloaded

/** Counts the bytes that come from a port, whoever asks: page, worker or service worker. */
async function countBytes(port) {
  const counter = { bytes: 0 }
  const proxy = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    upstream.on('data', (data) => (counter.bytes += data.length))
    client.pipe(upstream).pipe(client)
    for (const socket of [client, upstream]) socket.on('error', () => (client.destroy(), upstream.destroy()))
  })
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  return Object.assign(counter, { origin: `http://localhost:${proxy.address().port}`, close: () => proxy.close() })
}

test('all is downloaded once, compressed; the next visit asks for the page only, and has it', async () => {
  const counter = await countBytes(server.port), profile = await profileOf(browser, counter.origin)
  const modules = fs.readdirSync(path.join(app, 'assets')).filter((name) => name.endsWith('.wasm.br'))
  assert.equal(modules.length, 1, 'page and worker share one module')
  const w = await (await profile.open('/')).ready()
  await w.page.evaluate(() => navigator.serviceWorker.ready)
  await w.says('Synced')
  const limit = 450_000 // the library with its worker (360,000), React, and the app itself; less is welcome
  const first = counter.bytes
  await w.page.reload()
  await w.ready()
  await w.says('Synced')
  const second = counter.bytes - first
  await profile.close()
  counter.close()
  assert.ok(second < 8_000, `the second visit takes ${second} bytes`)
  assert.ok(first < limit, `the first visit takes ${first} bytes, more than ${limit}`)
})
