import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Schema } from 'effect'
import { toCodec } from '../src/schema/index.js'

test("Effect's schemas are refused, with what to do, until livestore/effect is there", async () => {
  assert.throws(() => toCodec(Schema.String), /import 'livestore\/effect'/)
  await import('../src/schema/effect-entry.js')
  assert.equal(toCodec(Schema.NumberFromString).decode('5'), 5)
})
