/** One tab among those of a store: stands for election, follows whoever leads, hears what concerns all. */
import type { CoreSession } from '../core/types.js'
import type { AdapterArgs } from '../store/adapter.js'
import type { Election } from './election.js'
import { standForElection } from './election.js'
import type { Link } from './link.js'
import { openLink } from './link.js'
import type { ChannelMessage, LeaderOptions } from './messages.js'
import { channelName, randomId } from './messages.js'
import type { Workers } from './workers.js'

/** Until this tab leads, others are told again and again that the storage is to be reset. */
const RESET_MS = 50

export interface Joining {
  readonly core: CoreSession
  readonly storeId: string
  readonly workers: Workers
  readonly locks: LockManager
  /** What a worker of this tab is told; `reset` is for the first one. */
  readonly leading: Omit<LeaderOptions, 'leader' | 'storeId' | 'replaces'>
  readonly onBootStatus: AdapterArgs['onBootStatus']
  readonly onLog: AdapterArgs['onLog']
  changed(): void
  failed(error: Error): void
}

export interface Joined {
  readonly link: Link
  /** Leaves the other tabs, and the lead if it is this tab's. */
  leave(): Promise<void>
}

/** Shut the stores of other tabs down, until `done` says that it is enough. */
const resetOthers = (channel: BroadcastChannel, tab: string, done: () => boolean): void => {
  if (done()) return
  channel.postMessage({ type: 'reset', tab } satisfies ChannelMessage)
  setTimeout(() => resetOthers(channel, tab, done), RESET_MS)
}

const goneWithItsTab = (storeId: string): Error =>
  new Error(`The tab that kept the store "${storeId}" in memory has gone, and with it what it kept`)

/** Does the sync server have all that the leader had, and can the next one get it there? Not its client-only events:
 * they are those of a tab. */
const isElsewhere = (core: CoreSession, link: Link): boolean =>
  link.network().isConnected && core.status().upstreamHead.global === core.uplinkStatus().leaderHead.global

export const joinTabs = (joining: Joining): Joined => {
  const { core, storeId, workers, locks, leading, onBootStatus, onLog, changed, failed } = joining
  const tab = randomId()
  const channel = new BroadcastChannel(channelName(storeId))
  let resetting = leading.reset
  let left = false
  let inMemory = false
  let followed: string | undefined
  let own: { readonly leader: string; port: MessagePort | undefined } | undefined

  const link = openLink({
    core, channel, locks, tab, changed, failed,
    payload: leading.payload,
    log: (key, text) => onLog('warning', key, text),
  })

  const takePort = (leader: string): MessagePort | undefined => {
    if (own?.leader !== leader) return undefined
    const { port } = own
    own.port = undefined
    return port
  }
  void link.welcomed.then(({ storageMode }) => {
    inMemory = storageMode === 'in-memory'
    workers.drop()
  })

  const follow = (leader: string): void => {
    if (inMemory && leader !== followed) {
      if (!isElsewhere(core, link)) return failed(goneWithItsTab(storeId))
      onLog('warning', 'leader', `${goneWithItsTab(storeId).message}, but for what the sync server has`)
    }
    followed = leader
    link.lead(leader, () => takePort(leader))
  }

  const begin = (): Omit<LeaderOptions, 'leader' | 'storeId'> => {
    const reset = resetting
    resetting = false
    return { ...leading, reset, replaces: followed !== undefined }
  }
  const election: Election = standForElection({
    workers, locks, storeId, begin, failed,
    elected: (leader, port) => (own = { leader, port }),
    ready: follow,
    report: (said) => (said.type === 'boot' ? onBootStatus(said.status) : onLog(said.level, said.key, said.text)),
  })

  channel.onmessage = ({ data }: MessageEvent<ChannelMessage>) => {
    if (data.type === 'reset') failed(new Error(`Another tab has reset the storage of the store "${storeId}"`))
    else if (data.type === 'boot') onBootStatus(data.status)
    else if (data.type === 'lead' && !resetting) follow(data.leader)
  }
  resetOthers(channel, tab, () => left || !resetting)

  const leave = (): Promise<void> => {
    left = true
    workers.drop()
    link.close()
    channel.onmessage = null
    return election.close().finally(() => channel.close())
  }
  return { link, leave }
}
