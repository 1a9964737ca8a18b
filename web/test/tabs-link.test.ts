/** The connection between sessions and the leader, over real ports and broadcast channels, with fakes at its ends. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Link } from '../src/tabs/link.js'
import { openLink } from '../src/tabs/link.js'
import type { ChannelMessage, UpMessage } from '../src/tabs/messages.js'
import { channelName, connectionName, randomId } from '../src/tabs/messages.js'
import type { Leader } from '../src/worker/leader.js'
import { serve } from '../src/worker/leader.js'
import type { FakeLeader, FakeSession } from './lib/fake-core.js'
import { coreError, makeLeaderStore, makeSession } from './lib/fake-core.js'
import type { FakeLocks } from './lib/fake-locks.js'
import { makeLocks } from './lib/fake-locks.js'

const until = async (what: string, holds: () => boolean, ms = 3000): Promise<void> => {
  for (const end = Date.now() + ms; !holds(); await new Promise((resolve) => setTimeout(resolve, 2)))
    if (Date.now() > end) assert.fail(`not within ${ms} ms: ${what}`)
}

interface World {
  readonly locks: FakeLocks
  readonly storeId: string
  readonly closing: (() => void)[]
}

interface Tab extends FakeSession {
  readonly link: Link
  readonly failures: Error[]
  readonly logs: string[]
}

const inWorld = (name: string, run: (world: World) => Promise<void>): void =>
  void test(name, async () => {
    const world = { locks: makeLocks(), storeId: randomId(), closing: [] as (() => void)[] }
    try {
      await run(world)
    } finally {
      for (const close of world.closing) close()
    }
  })

const openTab = (world: World, name: string, payload = 'null'): Tab => {
  const session = makeSession(name)
  const failures: Error[] = []
  const logs: string[] = []
  const channel = new BroadcastChannel(channelName(world.storeId))
  const link = openLink({
    core: session.core, channel, locks: world.locks.tab(name), tab: name, payload,
    changed: () => undefined,
    log: (_key, text) => logs.push(text),
    failed: (error) => failures.push(error),
  })
  channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
    if (data.type === 'lead') link.lead(data.leader)
  }
  world.closing.push(() => {
    link.close()
    channel.close()
  })
  const commit = (text: string): void => {
    session.commit(text)
    link.send()
  }
  return { ...session, commit, link, failures, logs }
}

interface Leading {
  readonly name: string
  readonly leader: Leader
  readonly port: MessagePort
  die(): void
}

const openLeader = (world: World, { store }: FakeLeader, payload = 'null'): Leading => {
  const name = randomId()
  const leader = serve({
    store, payload, locks: world.locks.tab(name),
    welcome: { storageMode: 'persisted' },
    syncs: true,
    used: () => undefined,
  })
  const channel = new BroadcastChannel(channelName(world.storeId))
  const { port1, port2 } = new MessageChannel()
  const shout = (message: ChannelMessage): void => channel.postMessage(message)
  channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
    if (data.type === 'seek') shout({ type: 'lead', leader: name })
    else if (data.type === 'greet' && data.leader === name)
      leader.greet(data, new BroadcastChannel(connectionName(data.connection)))
  }
  port2.onmessage = ({ data }: MessageEvent<UpMessage>) => {
    if (!(data instanceof Uint8Array) && data.type === 'greet') leader.greet(data, port2)
  }
  shout({ type: 'lead', leader: name })
  const die = (): void => {
    channel.close()
    leader.close()
    port1.close()
    world.locks.kill(name)
  }
  world.closing.push(die)
  return { name, leader, port: port1, die }
}

inWorld('sessions of two tabs see what each other commits, in one order (WEB-05)', async (world) => {
  const leader = makeLeaderStore()
  const [a, b] = [openTab(world, 'a'), openTab(world, 'b')]
  const leading = openLeader(world, leader)
  a.link.lead(leading.name, () => leading.port)
  await Promise.all([a.link.welcomed, b.link.welcomed])
  for (let i = 0; i < 50; i++) {
    a.commit(`a${i}`)
    b.commit(`b${i}`)
    if (i % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await until('both have 100', () => a.texts().length === 100 && b.texts().length === 100)
  assert.deepEqual(a.texts(), b.texts())
  assert.deepEqual(a.texts().filter((text) => text.startsWith('a')), Array.from({ length: 50 }, (_, i) => `a${i}`))
})

inWorld('two sessions that come up at the same moment both get in (WEB-01)', async (world) => {
  openLeader(world, makeLeaderStore([{ id: 'x', text: 'old' }]))
  const tabs = ['a', 'b', 'c'].map((name) => openTab(world, name))
  await Promise.all(tabs.map((tab) => tab.link.welcomed))
  for (const tab of tabs) assert.deepEqual(tab.texts(), ['old'])
})

inWorld('a session that is there before any leader waits for one', async (world) => {
  const a = openTab(world, 'a')
  await new Promise((resolve) => setTimeout(resolve, 50))
  openLeader(world, makeLeaderStore())
  assert.equal((await a.link.welcomed).storageMode, 'persisted')
})

inWorld('the next leader gets what the last one did not, once each and in order (CS-02, CS-24)', async (world) => {
  const leader = makeLeaderStore()
  const a = openTab(world, 'a')
  const first = openLeader(world, leader)
  await a.link.welcomed
  a.commit('1')
  await until('1 is in the log', () => leader.log.length === 1)
  first.die()
  a.commit('2')
  a.commit('3')
  openLeader(world, leader)
  await until('all is in the log', () => a.texts().length === 3)
  a.commit('4')
  await until('4 is in the log', () => a.texts().length === 4)
  assert.deepEqual(leader.log.map(({ text }) => text), ['1', '2', '3', '4'])
  assert.deepEqual(a.pending(), [])
})

inWorld('commits on their way while leaders change again and again come through once each (CS-13)', async (world) => {
  const leader = makeLeaderStore()
  const tabs = ['a', 'b', 'c'].map((name) => openTab(world, name))
  let leading = openLeader(world, leader)
  await Promise.all(tabs.map((tab) => tab.link.welcomed))
  for (let round = 0; round < 20; round++) {
    for (const [i, tab] of tabs.entries()) tab.commit(`${i}:${round}`)
    if (round % 4 === 0) {
      leading.die()
      leading = openLeader(world, leader)
    }
    await new Promise((resolve) => setTimeout(resolve, round % 3))
  }
  await until('all have all', () => tabs.every((tab) => tab.texts().length === 60))
  const log = leader.log.map(({ text }) => text)
  for (const [i, tab] of tabs.entries()) {
    assert.deepEqual(tab.texts(), log)
    assert.deepEqual(log.filter((text) => text.startsWith(`${i}:`)), Array.from({ length: 20 }, (_, n) => `${i}:${n}`))
  }
})

inWorld('what a dead leader still says is not heard', async (world) => {
  const leader = makeLeaderStore()
  const a = openTab(world, 'a')
  const greeting = new Promise<string>((resolve) => {
    const spy = new BroadcastChannel(channelName(world.storeId))
    spy.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
      if (data.type !== 'greet') return
      spy.close()
      resolve(data.connection)
    }
  })
  const first = openLeader(world, leader)
  await a.link.welcomed
  const old = new BroadcastChannel(connectionName(await greeting))
  first.die()
  openLeader(world, leader)
  a.commit('1')
  await until('the next leader has it', () => a.texts().length === 1)
  old.postMessage(new TextEncoder().encode('{"from":1,"items":[{"id":"z","text":"ghost"}]}'))
  await new Promise((resolve) => setTimeout(resolve, 30))
  old.close()
  assert.deepEqual(a.texts(), ['1'])
})

inWorld('a tab with another sync payload is refused with a text that says so (WEB-10)', async (world) => {
  openLeader(world, makeLeaderStore(), '{"authToken":"a"}')
  const a = openTab(world, 'a', '{"authToken":"b"}')
  await until('refused', () => a.failures.length === 1)
  assert.match(String(a.failures[0]), /open in another tab with another syncPayload/)
})

inWorld('the leader forgets a session whose tab crashed, and one that says goodbye', async (world) => {
  const leader = makeLeaderStore()
  const leading = openLeader(world, leader)
  const [a, b] = [openTab(world, 'a'), openTab(world, 'b')]
  await Promise.all([a.link.welcomed, b.link.welcomed])
  assert.equal(leader.downlinks.size, 2)
  world.locks.kill('a')
  await until('a is forgotten', () => leader.downlinks.size === 1)
  b.link.close()
  await until('b is forgotten', () => leader.downlinks.size === 0)
  leading.leader.pump()
})

inWorld('a leader that cannot read a message is greeted anew, and gets it again (LP-11)', async (world) => {
  const leader = makeLeaderStore()
  openLeader(world, leader)
  const a = openTab(world, 'a')
  await a.link.welcomed
  leader.breakNext(coreError('LS_EPROTOCOL', 'no such message'))
  a.commit('1')
  await until('1 is in the log', () => a.texts().length === 1)
  assert.match(a.logs.join(), /no such message/)
  assert.equal(leader.downlinks.size, 1)
})

inWorld('the leading tab goes on over the channel when its port was given up', async (world) => {
  const leader = makeLeaderStore()
  const leading = openLeader(world, leader)
  const a = openTab(world, 'a')
  a.link.lead(leading.name, () => leading.port)
  await a.link.welcomed
  leader.breakNext(coreError('LS_EPROTOCOL', 'no such message'))
  a.commit('1')
  await until('1 is in the log', () => a.texts().length === 1)
})

inWorld('a message that does not fit makes the session greet anew (CS-32)', async (world) => {
  const leader = makeLeaderStore()
  const leading = openLeader(world, leader)
  const a = openTab(world, 'a')
  a.link.lead(leading.name, () => leading.port)
  await a.link.welcomed
  a.core.uplinkReceive(new TextEncoder().encode('{"from":0,"items":[{"id":"q","text":"astray"}]}'))
  leader.log.push({ id: 'q', text: 'astray' }, { id: 'r', text: 'next' })
  leading.leader.pump()
  await until('it has both', () => a.texts().length === 2)
  assert.deepEqual(a.texts(), ['astray', 'next'])
})

inWorld('calls are answered behind what was committed before them, and errors keep their code', async (world) => {
  openLeader(world, makeLeaderStore())
  const a = openTab(world, 'a')
  await a.link.welcomed
  a.commit('1')
  assert.deepEqual(await a.link.call('status', []), { events: 1 })
  const error = await a.link.call('dropConflict', [7]).catch((thrown: unknown) => thrown)
  assert.equal((error as { code: string }).code, 'LS_ENOTFOUND')
  assert.match(String(error), /there is no conflict 7/)
})

inWorld('a call that a leader took to its grave is answered by the next one; a shutdown rejects it', async (world) => {
  const leader = makeLeaderStore()
  const a = openTab(world, 'a')
  const first = openLeader(world, leader)
  await a.link.welcomed
  first.die()
  const status = a.link.call('status', [])
  openLeader(world, leader)
  assert.deepEqual(await status, { events: 0 })
  const late = a.link.call('status', [])
  a.link.close()
  await assert.rejects(late, /status: the store has been shut down/)
  await assert.rejects(a.link.call('status', []), /shut down/)
})
