// LiveStore's own sync client of @livestore/sync-cf without a store around it, with promises in front of its effects.
import { makeHttpSync, makeWsSync } from '@livestore/sync-cf/client'
import {
  Cause,
  Effect,
  Exit,
  FetchHttpClient,
  KeyValueStore,
  Layer,
  Option,
  Scope,
  Stream,
  SubscriptionRef,
} from '@livestore/utils/effect'
import { fetch, WebSocket } from 'undici'

// See lib/device.js.
Object.assign(globalThis, { fetch, WebSocket })

const context = Layer.mergeAll(FetchHttpClient.layer, KeyValueStore.layerMemory)

/** What an effect comes to; its typed error, or its defect, is thrown as it is. */
async function run(effect) {
  const exit = await Effect.runPromiseExit(effect)
  if (Exit.isSuccess(exit)) return exit.value
  throw Cause.squash(exit.cause)
}

export class Provider {
  static async open(transport, url, storeId, { payload, pollMs = 100 } = {}) {
    const make = transport === 'ws' ? makeWsSync({ url }) : makeHttpSync({ url, livePull: { pollInterval: pollMs } })
    const scope = await run(Scope.make())
    const backend = await run(
      make({ storeId, clientId: 'provider', payload }).pipe(Scope.extend(scope), Effect.provide(context)),
    )
    return new Provider(backend, scope)
  }

  constructor(backend, scope) {
    Object.assign(this, { backend, scope })
  }

  connect() {
    return run(this.backend.connect.pipe(Scope.extend(this.scope)))
  }

  ping() {
    return run(this.backend.ping)
  }

  isConnected() {
    return run(SubscriptionRef.get(this.backend.isConnected))
  }

  push(batch) {
    return run(this.backend.push(batch))
  }

  /** Items of a pull after the event `after`: all of them, or the first `take`. */
  async pull({ live = false, after, take } = {}) {
    const cursor =
      after === undefined ? Option.none() : Option.some({ eventSequenceNumber: after, metadata: Option.none() })
    const stream = this.backend.pull(cursor, { live })
    return [...(await run(Stream.runCollect(take === undefined ? stream : Stream.take(stream, take))))]
  }

  /** A live pull: its events as they come, and a promise for the number of them that is wanted. */
  live() {
    const items = []
    let wake = () => {}
    const end = run(
      Stream.runForEach(this.backend.pull(Option.none(), { live: true }), (item) =>
        Effect.sync(() => (items.push(item), wake())),
      ).pipe(Effect.forkIn(this.scope)),
    )
    return {
      items,
      end,
      events: () => items.flatMap((item) => item.batch.map((one) => one.eventEncoded)),
      async reach(count, timeoutMs = 10000) {
        const deadline = Date.now() + timeoutMs
        while (this.events().length < count) {
          const left = deadline - Date.now()
          if (left <= 0) throw new Error(`${this.events().length} of ${count} events came`)
          await new Promise((resolve) => {
            const timer = setTimeout(resolve, left)
            wake = () => (clearTimeout(timer), resolve())
          })
        }
        return this.events()
      },
    }
  }

  close() {
    return run(Scope.close(this.scope, Exit.void))
  }
}
