// The wire by hand: frames of the WebSocket and HTTP transports, sent and read as JSON, with nothing of LiveStore's.
import { once } from 'node:events'
import { request } from 'node:http'

import WebSocket from 'ws'

export const none = { _tag: 'None' }
export const some = (value) => ({ _tag: 'Some', value })
export const cursor = (backendId, eventSequenceNumber) => some({ backendId, eventSequenceNumber })

/** `count` events on top of the event `parent`. */
export function chain(parent, count, { clientId = 'raw', args = (n) => ({ id: `t${n}`, text: 'x' }) } = {}) {
  return Array.from({ length: count }, (_, i) => parent + i).map((from) => ({
    name: 'v1.TodoCreated',
    args: args(from + 1),
    seqNum: from + 1,
    parentSeqNum: from,
    clientId,
    sessionId: 'raw',
  }))
}

/** What follows the ? of a URL. The payload is encoded twice, as LiveStore does it. */
export const query = (storeId, transport, payload) =>
  new URLSearchParams({
    storeId,
    transport,
    ...(payload === undefined ? {} : { payload: encodeURIComponent(JSON.stringify(payload)) }),
  })

/** A WebSocket whose frames are kept until they are asked for. */
export class Wire {
  #frames = []
  #wake = () => {}
  #last = 0

  static async open(url, storeId, { payload, deflate = false } = {}) {
    const socket = new WebSocket(`${url}/?${query(storeId, 'ws', payload)}`, { perMessageDeflate: deflate })
    const wire = new Wire(socket, storeId)
    await once(socket, 'open')
    return wire
  }

  constructor(socket, storeId) {
    Object.assign(this, { socket, storeId })
    socket.on('message', (data) => {
      // Several messages may come in one frame, as an array.
      this.#frames.push(...[JSON.parse(data)].flat())
      this.#wake()
    })
    this.closed = new Promise((resolve) => socket.on('close', (code) => (resolve(code), this.#wake())))
    socket.on('error', () => {})
  }

  send(frame) {
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame))
  }

  /** Sends a request and answers with its id: a text, as LiveStore 0.4.0's are, unless another is given. */
  request(tag, payload, id = String(this.#last++)) {
    this.send({ _tag: 'Request', id, tag, payload: { storeId: this.storeId, ...payload }, headers: [] })
    return id
  }

  /** The next frame that `wanted` accepts; the others stay. */
  async next(wanted = () => true, timeoutMs = 5000) {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const at = this.#frames.findIndex(wanted)
      if (at >= 0) return this.#frames.splice(at, 1)[0]
      const left = deadline - Date.now()
      if (left <= 0 || this.socket.readyState === WebSocket.CLOSED)
        throw new Error(
          `no such frame (${left <= 0 ? 'timeout' : 'closed'}); others: ${JSON.stringify(this.#frames)}`.slice(
            0,
            2000,
          ),
        )
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => (clearTimeout(timer), resolve())
      })
    }
  }

  /** True if no frame that `wanted` accepts comes within some time. */
  quiet(wanted, ms = 300) {
    return this.next(wanted, ms).then(
      () => false,
      () => true,
    )
  }

  exit(id, timeoutMs) {
    return this.next((f) => f._tag === 'Exit' && f.requestId === id, timeoutMs).then((frame) => frame.exit)
  }

  chunk(id, timeoutMs) {
    return this.next((f) => f._tag === 'Chunk' && f.requestId === id, timeoutMs)
  }

  ack(requestId) {
    this.send({ _tag: 'Ack', requestId })
  }

  pull({ live = false, from = none, id } = {}) {
    return this.request('SyncWsRpc.Pull', { live, cursor: from }, id)
  }

  push(batch, { backendId = none, id } = {}) {
    return this.request('SyncWsRpc.Push', { batch, backendId }, id)
  }

  /** Reads pages, with their acks, up to the last one. */
  async pages(id) {
    const pages = []
    do {
      const { values } = await this.chunk(id)
      this.ack(id)
      pages.push(...values)
    } while (pages.at(-1).pageInfo._tag !== 'NoMore')
    return pages
  }

  /** Hangs up. LiveStore's server does not answer a close frame, so there is none. */
  close() {
    this.socket.terminate()
    return this.closed
  }
}

/** Pushes events and expects success. */
export async function push(wire, batch, options) {
  const exit = await wire.exit(wire.push(batch, options))
  if (exit._tag !== 'Success') throw new Error(`push failed: ${JSON.stringify(exit)}`)
  return exit
}

/** All events of a store as a server tells them, and its backend id. */
export async function serverLog(url, storeId) {
  const wire = await Wire.open(url, storeId)
  const pages = await wire.pages(wire.pull())
  await wire.close()
  return {
    events: pages.flatMap((page) => page.batch.map((item) => item.eventEncoded)),
    backendId: pages[0].backendId,
  }
}

/** An HTTP request, by hand: {status, headers, text}. */
export async function http(url, { method = 'GET', headers = {}, body } = {}) {
  const asked = request(url, { method, headers })
  asked.end(body)
  const [response] = await once(asked, 'response')
  let text = ''
  for await (const data of response.setEncoding('utf8')) text += data
  return { status: response.statusCode, headers: response.headers, text }
}

/** A request of the HTTP transport: the array of frames that answers it. */
export async function httpCall(url, storeId, tag, payload = {}) {
  const body = JSON.stringify({ _tag: 'Request', id: '0', tag, payload: { storeId, ...payload }, headers: [] })
  const headers = { 'content-type': 'application/json', 'x-livestore-store-id': storeId }
  const answer = await http(`${url}/?${query(storeId, 'http')}`, { method: 'POST', headers, body })
  if (answer.status !== 200) throw new Error(`HTTP ${answer.status}: ${answer.text}`)
  return JSON.parse(answer.text)
}

/** Tries a WebSocket upgrade that should be refused: {status, text}. */
export function refusedUpgrade(url) {
  const socket = new WebSocket(url)
  return new Promise((resolve, reject) => {
    socket.on('unexpected-response', async (_, response) => {
      let text = ''
      for await (const data of response.setEncoding('utf8')) text += data
      resolve({ status: response.statusCode, text })
    })
    socket.on('open', () => (reject(new Error('the upgrade was accepted')), socket.close()))
    socket.on('error', () => {})
  })
}
