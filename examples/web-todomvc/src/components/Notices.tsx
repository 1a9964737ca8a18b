/** What is shown in the place of the app: while it opens, when it cannot, and for an address that names no list. */
import { Component } from 'react'
import type { ReactNode } from 'react'

const Notice = ({ title, children }: { title: string; children: ReactNode }) => (
  <div className="page">
    <header className="bar"><div className="title"><h1>Todos</h1></div></header>
    <main className="card notice" role="alert">
      <h2>{title}</h2>
      {children}
    </main>
  </div>
)

export const Opening = () => (
  <div className="page">
    <header className="bar"><div className="title"><h1>Todos</h1></div></header>
    <main className="card opening">
      <p role="status">Opening your list …</p>
    </main>
  </div>
)

export const WrongAddress = ({ storeId }: { storeId: string }) => (
  <Notice title="There is no such list">
    <p>
      The address names the list <q>{storeId}</q>. A name has 1 to 128 letters, digits, <code>-</code> and <code>_</code>.
    </p>
    <p><a className="button" href="?storeId=todos">Open “todos”</a></p>
  </Notice>
)

export class Failure extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {}
  static getDerivedStateFromError = (error: unknown) => ({ error })
  override render() {
    if (!('error' in this.state)) return this.props.children
    const { error } = this.state
    return (
      <Notice title="The list cannot be opened">
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <p><button type="button" className="button" onClick={() => location.reload()}>Try again</button></p>
      </Notice>
    )
  }
}
