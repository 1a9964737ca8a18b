/** Pictures inside buttons that have a name of their own. */
import type { ReactNode } from 'react'

const Icon = ({ children }: { children: ReactNode }) => (
  <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
    {children}
  </svg>
)

export const UndoIcon = () => <Icon><path d="M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3" /></Icon>
export const RedoIcon = () => <Icon><path d="m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3" /></Icon>
export const EditIcon = () => <Icon><path d="M4 20h4L19 9l-4-4L4 16zM13 7l4 4" /></Icon>
export const DeleteIcon = () => <Icon><path d="M6 6l12 12M18 6 6 18" /></Icon>
export const AddIcon = () => <Icon><path d="M12 5v14M5 12h14" /></Icon>
export const CheckAllIcon = () => <Icon><path d="m2 13 4 4 9-10M11 16l1 1 9-10" /></Icon>
