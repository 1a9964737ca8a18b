/** Tells what has happened to who cannot see it. */
import { createContext, useCallback, useContext, useState } from 'react'
import type { ReactNode } from 'react'

const AnnouncerContext = createContext<(text: string) => void>(() => undefined)

export const useAnnounce = () => useContext(AnnouncerContext)

export const AnnouncerProvider = ({ children }: { children: ReactNode }) => {
  const [said, setSaid] = useState({ text: '', times: 0 })
  // The same text twice is said twice only when the element has changed.
  const announce = useCallback((text: string) => setSaid(({ times }) => ({ text, times: times + 1 })), [])
  return (
    <AnnouncerContext.Provider value={announce}>
      {children}
      <p className="unseen" role="status" aria-live="polite">
        <span key={said.times}>{said.text}</span>
      </p>
    </AnnouncerContext.Provider>
  )
}
