// What several clients must agree on.
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'

import { range } from './fixture.js'
import { serverLog } from './frames.js'

/** Like deepEqual for lists of events, but a failure shows where they part, and not thousands of events. */
export function assertSameEvents(actual, expected, what) {
  const part = expected.findIndex((event, i) => !isDeepStrictEqual(actual[i], event))
  if (part >= 0) assert.deepEqual(actual[part], expected[part], `${what}: other than expected at ${part}`)
  assert.equal(actual.length, expected.length, `${what}: how many`)
}

const plain = ({ name, args, seqNum, clientId, sessionId }) => ({ name, args, seqNum, clientId, sessionId })

/**
 * Waits until all clients have all that the server has, and checks that they are equal: the same log as the server's
 * (names, arguments, numbers, client and session ids) and the same rows. Answers with the log and the rows.
 */
export async function converged(server, storeId, clients) {
  // What is pending first reaches the server, then what others have sent comes back.
  for (const client of clients) await client.synced?.()
  const { events } = await serverLog(server.ws ?? server, storeId)
  const head = events.at(-1)?.seqNum ?? 0
  assert.deepEqual(
    events.map((event) => event.seqNum),
    range(events.length, (i) => i + 1),
  )
  const rows = []
  for (const client of clients) {
    await client.synced?.(head)
    assertSameEvents((await client.log()).map(plain), events.map(plain), `log of ${client.clientId}`)
    rows.push(await client.todos())
  }
  for (const other of rows) assert.deepEqual(other, rows[0], 'rows')
  return { events, rows: rows[0] }
}
