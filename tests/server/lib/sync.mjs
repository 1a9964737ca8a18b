// The messages of the sync protocol, as much as tests need.
import assert from 'node:assert/strict'

import { Socket } from './ws.mjs'

const some = (value) => (value === undefined ? { _tag: 'None' } : { _tag: 'Some', value })
let last = 0

export const request = (tag, payload, id = String(last++)) => ({ _tag: 'Request', id, tag, payload, headers: [] })
export const pull = (storeId, { live = true, after, backendId } = {}, id) =>
  request('SyncWsRpc.Pull', { storeId, live, cursor: some(after === undefined ? undefined : { backendId, eventSequenceNumber: after }) }, id)
export const push = (storeId, batch, backendId, id) => request('SyncWsRpc.Push', { storeId, batch, backendId: some(backendId) }, id)
export const event = (seqNum, args = { n: seqNum }, clientId = 'c') =>
  ({ name: 'v1.Test', args, seqNum, parentSeqNum: seqNum - 1, clientId, sessionId: 's' })
export const events = (from, n, args) => Array.from({ length: n }, (_, i) => event(from + i, args))

/** A client of one store. */
export class Client {
  static async open(port, storeId, options = {}) {
    const query = `?storeId=${storeId}&transport=ws${options.query ?? ''}`
    return new Client(await Socket.open({ port, ...options, query }), storeId)
  }

  constructor(socket, storeId) {
    Object.assign(this, { socket, storeId })
  }

  /** Sends a request and answers its Exit; chunks that come before it are kept in `chunks`. */
  async call(message) {
    this.chunks ??= []
    this.socket.send(message)
    for (;;) {
      const got = await this.socket.next()
      if (got._tag === 'Chunk') this.chunks.push(got)
      else if (got._tag === 'Exit' && got.requestId === message.id) return got.exit
      else assert.notEqual(got._tag, 'Defect', JSON.stringify(got))
    }
  }

  push(batch, backendId) {
    return this.call(push(this.storeId, batch, backendId))
  }

  /** All events behind `after`, without staying live. */
  async pull(after, backendId) {
    const message = pull(this.storeId, { live: false, after, backendId })
    this.socket.send(message)
    const found = []
    for (;;) {
      const got = await this.socket.next()
      if (got._tag === 'Chunk') {
        this.backendId = got.values[0].backendId
        found.push(...got.values.flatMap(({ batch }) => batch.map(({ eventEncoded }) => eventEncoded)))
        this.socket.send({ _tag: 'Ack', requestId: got.requestId })
      } else if (got._tag === 'Exit' && got.requestId === message.id) {
        assert.equal(got.exit._tag, 'Success', JSON.stringify(got))
        return found
      }
    }
  }

  /** Stays live: events are given to `each` as they come. Answers once all that was there has come. */
  live(each, after, backendId) {
    const { socket } = this
    return new Promise((resolve) => {
      socket.onMessage = (got) => {
        if (got._tag !== 'Chunk') return
        socket.send({ _tag: 'Ack', requestId: got.requestId })
        for (const { batch } of got.values) for (const { eventEncoded } of batch) each(eventEncoded)
        if (got.values.at(-1).pageInfo._tag === 'NoMore') resolve()
      }
      socket.send(pull(this.storeId, { after, backendId }))
    })
  }

  close() {
    return this.socket.close()
  }
}
