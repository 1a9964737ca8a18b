// Events of todos.json, as tests commit them.
import assert from 'node:assert/strict'

import { range } from './fixture.js'

export const created = (id, text = `text of ${id}`) => ({ name: 'v1.TodoCreated', args: { id, text } })
export const updated = (id, text) => ({ name: 'v1.TodoUpdated', args: { id, text } })
export const completed = (id) => ({ name: 'v1.TodoCompleted', args: { id } })

/** Some todos whose ids are in order. */
export const numbered = (count) => range(count, (i) => created(`t${String(i).padStart(5, '0')}`))

const values = [null, 0, -1.5, 1e300, 2 ** 53 - 1, '', 'é€😀\u0000\n"\\', [], {}, [[], { b: 1, a: [null, true] }]]

/** Events with arguments of every shape that JSON has; null is another one than none. */
export const marks = [
  ...values.map((value, i) => ({ name: 'v1.Marked', args: { id: `m${i}`, value } })),
  { name: 'v1.Marked', args: { id: 'null', note: null } },
  { name: 'v1.Marked', args: { id: 'absent' } },
]

/** These are `marks`, as they were written. */
export function assertMarks(events) {
  assert.deepEqual(
    events.map((event) => event.args),
    marks.map((mark) => mark.args),
  )
}
