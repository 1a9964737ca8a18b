// The to-do app in Chromium: a server of its own, profiles, windows, and what tests ask of a window.
//   LIVESTORE   the command (build/livestore)
//   APP         the built app (build/web-todomvc)
//   CHROMIUM    the browser (/usr/bin/chromium)
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import path from 'node:path'

import { scratch, serve, until } from '../../server/lib/server.mjs'

const { chromium } = createRequire(path.resolve('web/package.json'))('playwright-core')
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
export const app = path.resolve(process.env.APP ?? 'build/web-todomvc')
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

export const launch = () => chromium.launch({ executablePath, args: FLAGS })

/** A server of the app: {port, origin, stop, start}. Started again, it is at the same port with the same data. */
export async function serveApp() {
  const data = scratch()
  const start = (port) => serve({ data, port, args: ['--app', app] })
  let server = await start(0)
  const { port } = server
  return {
    port, data, origin: `http://localhost:${port}`,
    stop: () => server.stop(),
    start: async () => (server = await start(port)),
  }
}

/** A window: what a user sees and does there. */
export function windowOf(page) {
  const problems = []
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !/ERR_CONNECTION|WebSocket connection/.test(message.text())) problems.push(message.text())
  })
  const button = (name) => page.getByRole('button', { name, exact: true })
  const w = {
    page, problems, button,
    input: page.getByRole('textbox', { name: 'New todo' }),
    check: (text) => page.getByRole('checkbox', { name: text, exact: true }),
    row: (text) => page.getByRole('listitem').filter({ has: page.getByRole('checkbox', { name: text, exact: true }) }),
    status: page.getByRole('button', { name: /^Sync status: / }),
    async ready() {
      await w.input.waitFor()
      return w
    },
    async add(...texts) {
      for (const text of texts) {
        await w.input.fill(text)
        await w.input.press('Enter')
      }
    },
    /** The list as text: "[x] Buy milk", a line each. */
    list: () => page.locator('.todo').evaluateAll((rows) =>
      rows.map((row) => {
        const box = row.querySelector('input[type=checkbox]')
        return `[${box.checked ? 'x' : ' '}] ${box.getAttribute('aria-label')}`
      })),
    async shows(...wanted) {
      let found
      await until(async () => JSON.stringify((found = await w.list())) === JSON.stringify(wanted)).catch(() => assert.deepEqual(found, wanted))
    },
    async says(status) {
      let found
      const fits = () => (typeof status === 'string' ? found === `Sync status: ${status}` : status.test(found))
      await until(async () => { found = await w.status.getAttribute('aria-label'); return fits() }).catch(() => assert.equal(found, status))
    },
    /** What was told to who cannot see it. */
    async hears(text) {
      let found
      await until(async () => (found = await page.locator('p[role=status]').innerText()) === text).catch(() => assert.equal(found, text))
    },
    focused: () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent),
  }
  return w
}

/** A profile, with storage of its own. Its windows are closed with it. */
export async function profileOf(browser, origin, options = {}) {
  const context = await browser.newContext(options)
  return {
    context,
    open: async (where = '/') => {
      const page = await context.newPage()
      const w = windowOf(page)
      await page.goto(origin + where)
      return w
    },
    close: () => context.close(),
  }
}
