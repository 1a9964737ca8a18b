// Our client: stores of the `livestore` command.
import path from 'node:path'
import { fileURLToPath } from 'node:url'

import { run, start, stop } from './children.js'

/** The command; LIVESTORE names another one than the build's. */
export const livestore = process.env.LIVESTORE ?? path.resolve('build/livestore')

const schema = fileURLToPath(new URL('../todos.json', import.meta.url))
const json = async (...args) => JSON.parse((await run(livestore, args)).out || '[]')

export class Store {
  /** Makes a store in `dir`; the last name of the directory is its store id unless `storeId` says another. */
  static async init(dir, { storeId, clientId, sessionId = 's' }) {
    await run(livestore, [
      'init',
      dir,
      '--schema',
      schema,
      '--id',
      storeId,
      '--client',
      clientId,
      '--session',
      sessionId,
    ])
    return new Store(dir, clientId)
  }

  constructor(dir, clientId) {
    Object.assign(this, { dir, clientId })
  }

  async commit(...events) {
    const lines = events.map((event) => JSON.stringify(event)).join('\n') + '\n'
    await run(livestore, ['commit', this.dir, '--quiet', '--from', '-'], { input: lines })
  }

  /** Commits one event by itself; commit() commits all it is given at once. */
  async commitOne({ name, args }) {
    await run(livestore, ['commit', this.dir, name, JSON.stringify(args), '--quiet'])
  }

  /** Syncs until both ends are equal. */
  sync(url, { options = [], ...rest } = {}) {
    return run(livestore, ['sync', this.dir, url, ...options], rest)
  }

  /** Stays connected, and commits what it is given, until end() or kill(). */
  syncLive(url) {
    const args = ['sync', this.dir, url, '--live', '--commit-stdin']
    const child = start(livestore, args)
    child.stdout.on('data', (data) => (child.said += data))
    return {
      commit(...events) {
        for (const event of events) child.stdin.write(JSON.stringify(event) + '\n')
      },
      /** Ends once all is sent and taken. */
      async end() {
        child.stdin.end()
        const { code, signal } = await child.ended
        if (code !== 0) throw new Error(`livestore ${args.join(' ')}: ended with ${signal ?? code}\n${child.said}`)
      },
      kill: () => stop(child, 'SIGKILL'),
    }
  }

  query(sql) {
    return json('query', this.dir, sql, '--format', 'json')
  }

  todos() {
    return this.query('SELECT id, text, completed FROM todos ORDER BY id')
  }

  /** The synced events; those not yet confirmed too. */
  async log() {
    const { out } = await run(livestore, ['log', this.dir, '--format', 'jsonl'])
    return out
      .split('\n')
      .filter((line) => line)
      .map((line) => JSON.parse(line))
      .filter(({ position }) => !position.includes('.'))
      .map(({ position, name, client, session, args }) => ({
        name,
        args,
        seqNum: parseInt(position.slice(1)),
        clientId: client,
        sessionId: session,
      }))
  }

  conflicts() {
    return json('conflicts', this.dir, '--format', 'json')
  }

  async status() {
    return (await json('status', this.dir, '--format', 'json'))[0]
  }
}
