// A WebSocket client with nothing hidden: it sends any frame, also wrong ones, and shows each that comes.
import { randomBytes } from 'node:crypto'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls } from 'node:tls'

export const TEXT = 1
export const BINARY = 2
export const CLOSE = 8
export const PING = 9
export const PONG = 10

/** One frame. `mask: false` leaves out what a client must do. */
export function frame(opcode, payload, { final = true, mask = true, reserved = 0 } = {}) {
  const body = Buffer.from(payload)
  const size =
    body.length < 126 ? Buffer.from([body.length])
    : body.length < 65536 ? Buffer.from([126, body.length >> 8, body.length & 255])
    : Buffer.concat([Buffer.from([127]), (() => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(body.length)); return b })()])
  if (mask) size[0] |= 128
  const key = mask ? randomBytes(4) : Buffer.alloc(0)
  const sent = mask ? Buffer.from(body) : body
  if (mask) for (let i = 0; i < sent.length; i++) sent[i] ^= key[i & 3]
  return Buffer.concat([Buffer.from([(final ? 128 : 0) | (reserved << 4) | opcode]), size, key, sent])
}

/** Asks for an upgrade. Answers {status, text} when it is refused, {socket, head} when not. */
export function upgrade({ port, host = '127.0.0.1', query = '', path = '/', headers = {}, tls }) {
  const lines = Object.entries({
    host: `${host}:${port}`, connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'), ...headers,
  }).map(([name, value]) => `${name}: ${value}\r\n`)
  const socket = tls ? connectTls({ port, host, ...tls }) : connectTcp({ port, host, noDelay: true })
  return new Promise((resolve, reject) => {
    let got = Buffer.alloc(0)
    const done = () => {
      socket.removeAllListeners('data').removeAllListeners('end').removeAllListeners('error').removeAllListeners('close')
      const end = got.indexOf('\r\n\r\n')
      const head = got.subarray(0, end < 0 ? got.length : end).toString()
      return { status: Number(head.split(' ')[1] ?? 0), head, rest: end < 0 ? Buffer.alloc(0) : got.subarray(end + 4) }
    }
    const refused = () => {
      const { status, head, rest } = done()
      socket.on('error', () => {}).destroy()
      resolve({ status, head, text: rest.toString() })
    }
    socket.once('error', (error) => (got.length ? refused() : reject(error)))
    socket.on('end', refused)
    socket.on('close', refused)
    socket.on('data', (data) => {
      got = Buffer.concat([got, data])
      const end = got.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = Number(/content-length: (\d+)/i.exec(got.subarray(0, end).toString())?.[1] ?? 0)
      if (!got.toString('latin1', 0, 13).includes(' 101')) return got.length >= end + 4 + length ? refused() : undefined
      socket.pause()
      const { status, head, rest } = done()
      resolve({ status, head, socket, rest })
    })
    socket.once(tls ? 'secureConnect' : 'connect', () => socket.write(`GET ${path}${query} HTTP/1.1\r\n${lines.join('')}\r\n`))
  })
}

/** An open WebSocket: send, messages in order with next(), and how it was closed. */
export class Socket {
  #got = []
  #waiting = []
  #left = Buffer.alloc(0)
  #messages = null
  closed = null

  static async open(options) {
    const { status, text, socket, rest, head } = await upgrade(options)
    if (status !== 101) throw Object.assign(new Error(`refused: ${status} ${text}`), { status, text })
    return new Socket(socket, rest, head)
  }

  constructor(socket, rest, head) {
    Object.assign(this, { socket, head })
    this.closing = new Promise((resolve) => (this.resolveClosing = resolve))
    socket.on('error', () => {})
    socket.on('close', () => this.#end({ code: 1006, reason: '' }))
    socket.on('data', (data) => this.#read(data))
    this.#read(rest)
    socket.resume()
  }

  #end(how) {
    this.closed ??= how
    this.resolveClosing(this.closed)
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`closed: ${this.closed.code} ${this.closed.reason}`))
  }

  #read(data) {
    this.#left = this.#left.length ? Buffer.concat([this.#left, data]) : data
    for (;;) {
      const b = this.#left
      if (b.length < 2) return
      let size = b[1] & 127, at = 2
      if (size === 126) { if (b.length < 4) return; size = b.readUInt16BE(2); at = 4 }
      else if (size === 127) { if (b.length < 10) return; size = Number(b.readBigUInt64BE(2)); at = 10 }
      if (b.length < at + size) return
      this.#left = b.subarray(at + size)
      this.#take(b[0] & 15, b[0] >> 7, b.subarray(at, at + size))
    }
  }

  #take(opcode, final, payload) {
    if (opcode === CLOSE) {
      this.#end({ code: payload.length >= 2 ? payload.readUInt16BE(0) : 1005, reason: payload.subarray(2).toString() })
      this.socket.write(frame(CLOSE, payload.subarray(0, 2)))
      this.socket.end()
    } else if (opcode === PONG) this.#give({ pong: payload.toString() })
    else {
      this.#messages = this.#messages ? Buffer.concat([this.#messages, payload]) : payload
      if (!final) return
      const text = this.#messages.toString()
      this.#messages = null
      this.#give(JSON.parse(text))
    }
  }

  #give(message) {
    const waiting = this.#waiting.shift()
    if (this.onMessage) this.onMessage(message)
    else if (waiting) waiting.resolve(message)
    else this.#got.push(message)
  }

  /** The next message; fails when the connection ends first. */
  next() {
    if (this.#got.length) return Promise.resolve(this.#got.shift())
    if (this.closed) return Promise.reject(new Error(`closed: ${this.closed.code} ${this.closed.reason}`))
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  raw(bytes) { return this.socket.write(bytes) }
  send(message) { return this.raw(frame(TEXT, typeof message === 'string' ? message : JSON.stringify(message))) }
  close(code = 1000) { this.raw(frame(CLOSE, Buffer.from([code >> 8, code & 255]))); return this.closing }
  destroy() { this.socket.destroy() }
}
