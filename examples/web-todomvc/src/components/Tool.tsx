/** A button that is a picture. */
import type { ReactNode } from 'react'

interface ToolProps {
  /** What it is called. */
  readonly name: string
  /** What is shown when the pointer rests on it. */
  readonly title: string
  /** It says so, and stays in reach: the focus would be lost with `disabled`. */
  readonly idle?: boolean
  readonly onClick: () => void
  readonly children: ReactNode
}

export const Tool = ({ name, title, idle = false, onClick, children }: ToolProps) => (
  <button type="button" className="tool" aria-label={name} title={title} aria-disabled={idle} onClick={onClick}>
    {children}
  </button>
)
