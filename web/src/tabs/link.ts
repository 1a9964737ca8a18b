/** The session's end of its connection to the leader: greets, carries the bytes both ways, and greets the next leader
 * when this one is gone. What has not reached a leader stays in the C library until one has it. */
import type { CoreSession } from '../core/types.js'
import type { NetworkState } from '../store/adapter.js'
import { makeCalls } from './calls.js'
import { hold } from './locks.js'
import type { ChannelMessage, DownMessage, Greeting, UpMessage, Welcome } from './messages.js'
import { connectionName, fromPlain, randomId } from './messages.js'
import { noteNetwork } from './network.js'
import type { Wire } from './wire.js'
import { isCoreError, owned, postAll } from './wire.js'

/** Without a welcome for so long, ask who leads; then for twice as long, and so on. */
const SEEK_MS = 1000
const SEEK_MAX_MS = 16000
/** So many connections that fail one after the other, without a welcome between them, and there will be none. */
const FAILURES = 3
/** What a leader could not take is offered again. */
const AGAIN_MS = 1050

export interface LinkOptions {
  readonly core: CoreSession
  readonly channel: BroadcastChannel
  readonly locks: LockManager
  readonly tab: string
  readonly payload: string
  /** Something may have changed: the state, stages, heads, the network. */
  changed(): void
  log(key: string, text: string): void
  /** The session cannot go on. */
  failed(error: Error): void
}

export interface Link {
  /** There is a leader: connect to it. `port` may give a way of its own to it. */
  lead(leader: string, port?: () => MessagePort | undefined): void
  /** Something was committed. */
  send(): void
  call(name: string, args: readonly unknown[]): Promise<unknown>
  /** Of the first leader. */
  readonly welcomed: Promise<Welcome>
  network(): NetworkState
  close(): void
}

interface Connection {
  readonly leader: string
  readonly wire: Wire
  welcomed: boolean
  release: () => void
}

export const openLink = (options: LinkOptions): Link => {
  const { core, channel, locks, tab, payload } = options
  const calls = makeCalls()
  const network = noteNetwork(options.log)
  let current: Connection | undefined
  let closed = false
  let queued = false
  let patienceMs = SEEK_MS
  let failures = 0
  let seekTimer: ReturnType<typeof setTimeout> | undefined
  let againTimer: ReturnType<typeof setTimeout> | undefined
  let welcome: (welcome: Welcome) => void
  const welcomed = new Promise<Welcome>((resolve) => (welcome = resolve))

  const shout = (message: ChannelMessage): void => channel.postMessage(message)

  const disconnect = (): void => {
    if (!current) return
    current.wire.onmessage = null
    current.wire.close()
    current.release()
    current = undefined
  }

  const seekLater = (): void => {
    clearTimeout(seekTimer)
    seekTimer = setTimeout(() => {
      if (closed || current?.welcomed) return
      disconnect()
      shout({ type: 'seek' })
      patienceMs = Math.min(2 * patienceMs, SEEK_MAX_MS)
      seekLater()
    }, patienceMs)
  }

  const flush = (): void => {
    queued = false
    if (!current?.welcomed) return
    postAll(current.wire, () => core.uplinkTake())
    againTimer ??= setTimeout(() => {
      againTimer = undefined
      if (!closed && core.uplinkStatus().unsaved > 0) flush()
    }, AGAIN_MS)
  }

  // Many commits of one task go together.
  const send = (): void => {
    if (queued) return
    queued = true
    queueMicrotask(flush)
  }

  const beginAgain = (error: Error): void => {
    if (++failures >= FAILURES) return options.failed(error)
    options.log('leader', `The connection to the leader is made anew: ${error.message}`)
    disconnect()
    seekLater()
  }

  const entered = (connection: Connection, first: Welcome): void => {
    connection.welcomed = true
    patienceMs = SEEK_MS
    failures = 0
    network.heard(first.network)
    flush()
    for (const message of calls.open()) connection.wire.postMessage(message, [])
    welcome(first)
  }

  const takeIn = (bytes: Uint8Array): void => {
    try {
      core.uplinkReceive(bytes)
      network.trouble(core.uplinkStatus().error)
    } catch (error) {
      return isCoreError(error) ? beginAgain(error as Error) : options.failed(error as Error)
    }
    flush()
  }

  const receive = (connection: Connection, message: DownMessage): void => {
    if (connection !== current) return
    if (message instanceof Uint8Array) takeIn(message)
    else if (message.type === 'welcome') entered(connection, message)
    else if (message.type === 'network') network.heard(message.network)
    else if (message.type === 'answer') return calls.answer(message)
    else if (message.again) return beginAgain(fromPlain(message.error))
    else return options.failed(fromPlain(message.error))
    options.changed()
  }

  const greet = async (leader: string, port: MessagePort | undefined): Promise<void> => {
    const connection = randomId()
    const name = connectionName(connection)
    const wire: Wire = port ?? new BroadcastChannel(name)
    const mine: Connection = { leader, wire, welcomed: false, release: () => undefined }
    current = mine
    wire.onmessage = (event) => receive(mine, event.data)
    if (!port) {
      const release = await hold(locks, name)
      if (current !== mine) return release?.()
      if (release) mine.release = release
    }
    const greeting: Greeting = { connection, tab, hello: owned(core.uplinkHello()), payload }
    if (port) port.postMessage({ type: 'greet', ...greeting } satisfies UpMessage)
    else shout({ type: 'greet', leader, ...greeting })
  }

  const lead = (leader: string, port?: () => MessagePort | undefined): void => {
    if (closed || current?.leader === leader) return
    disconnect()
    seekLater()
    greet(leader, port?.()).catch(options.failed)
  }

  const call = (name: string, args: readonly unknown[]): Promise<unknown> => {
    const { message, answered } = calls.add(name, args)
    if (!closed) flush()
    if (current?.welcomed) current.wire.postMessage(message, [])
    return answered
  }

  const close = (): void => {
    closed = true
    clearTimeout(seekTimer)
    clearTimeout(againTimer)
    if (current?.welcomed) current.wire.postMessage({ type: 'bye' } satisfies UpMessage, [])
    disconnect()
    calls.close()
  }

  shout({ type: 'seek' })
  seekLater()
  return { lead, send, call, welcomed, network: network.now, close }
}
