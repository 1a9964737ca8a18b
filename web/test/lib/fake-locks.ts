/** Web Locks in one process: exclusive locks with a queue each. Every tab has a view of its own, and may be killed. */

interface Waiting {
  readonly tab: string
  grant(): void
}

export interface FakeLocks {
  tab(name: string): LockManager
  /** All that the tab holds or waits for is let go, as when its process ends. */
  kill(name: string): void
  held(): string[]
}

export const makeLocks = (): FakeLocks => {
  const holders = new Map<string, { tab: string; release(): void }>()
  const queues = new Map<string, Waiting[]>()

  const next = (name: string): void => {
    holders.delete(name)
    queues.get(name)?.shift()?.grant()
  }

  const request = (tab: string, name: string, signal: AbortSignal | undefined, work: () => unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const grant = (): void => {
        const holder = { tab, release: () => holders.get(name) === holder && next(name) }
        holders.set(name, holder)
        setImmediate(() => Promise.resolve(work()).then(resolve, reject).finally(holder.release))
      }
      if (signal?.aborted) return reject(signal.reason)
      if (!holders.has(name)) return grant()
      const waiting = { tab, grant }
      queues.set(name, [...(queues.get(name) ?? []), waiting])
      signal?.addEventListener('abort', () => {
        const queue = queues.get(name) ?? []
        if (!queue.includes(waiting)) return
        queues.set(name, queue.filter((other) => other !== waiting))
        reject(signal.reason)
      })
    })

  return {
    tab: (tab) =>
      ({
        request: (name: string, options: LockOptions | (() => unknown), work?: () => unknown) =>
          typeof options === 'function'
            ? request(tab, name, undefined, options)
            : request(tab, name, options.signal, work as () => unknown),
        query: () => Promise.resolve({ held: [...holders.keys()].map((name) => ({ name })) }),
      }) as unknown as LockManager,
    kill(tab) {
      for (const [name, queue] of queues) queues.set(name, queue.filter((waiting) => waiting.tab !== tab))
      for (const holder of [...holders.values()]) if (holder.tab === tab) holder.release()
    },
    held: () => [...holders.keys()],
  }
}
