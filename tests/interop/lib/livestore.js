// LiveStore 0.4.0 clients, each device a process (lib/device.js) that can hold several stores and can be killed.
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

import { start, stop } from './children.js'

const program = fileURLToPath(new URL('device.js', import.meta.url))

export class Device {
  #child
  #waiting = new Map()
  #last = 0
  said = []

  constructor() {
    this.#start()
  }

  #start() {
    this.#child = start(process.execPath, ['--no-warnings', program])
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line))
    this.#child.ended.then(({ code, signal }) => {
      const error = new Error(`the device ended (${signal ?? code})\n${this.#child.said}`)
      for (const { reject } of this.#waiting.values()) reject(error)
      this.#waiting.clear()
    })
  }

  #hear(line) {
    const { id, result, error, said } = JSON.parse(line)
    if (said !== undefined) {
      this.said.push(said)
      return
    }
    const { resolve, reject } = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) resolve(result)
    else reject(new Error(error))
  }

  call(call, args) {
    const id = ++this.#last
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.stdin.write(JSON.stringify({ id, call, args }) + '\n')
    })
  }

  /** Opens a store. Options: storeId, clientId, url, transport (ws or http), pollMs, dir, payload, mismatch. */
  async open(options) {
    const name = `${options.storeId}/${options.clientId}`
    await this.call('open', { name, ...options })
    return new Client(this, name, options.clientId)
  }

  kill() {
    return stop(this.#child, 'SIGKILL')
  }

  /** Dies at once, and is there again without its stores. */
  async restart() {
    await this.kill()
    this.#start()
  }
}

/** One store on a device. */
export class Client {
  constructor(device, name, clientId) {
    Object.assign(this, { device, name, clientId })
  }

  commit(...events) {
    return this.device.call('commit', { name: this.name, events })
  }

  /** Commits `each` events at a time. */
  commitMany(events, each) {
    return this.device.call('commit', { name: this.name, events, each })
  }

  /** Waits until nothing is pending and the backend's head, at least `head`, has arrived. */
  synced(head, timeoutMs) {
    return this.device.call('synced', { name: this.name, head, timeoutMs })
  }

  query(sql) {
    return this.device.call('query', { name: this.name, sql })
  }

  todos() {
    return this.query('SELECT id, text, completed FROM todos ORDER BY id')
  }

  log() {
    return this.device.call('log', { name: this.name })
  }

  states() {
    return this.device.call('states', { name: this.name })
  }

  seen(id) {
    return this.device.call('seen', { name: this.name, id })
  }

  running() {
    return this.device.call('running', { name: this.name })
  }

  close() {
    return this.device.call('close', { name: this.name })
  }
}
