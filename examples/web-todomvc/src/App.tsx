import { useState } from 'react'
import { AnnouncerProvider } from './components/Announcer.js'
import { Footer } from './components/Footer.js'
import { History } from './components/History.js'
import { NewTodo } from './components/NewTodo.js'
import { StatusButton } from './components/StatusButton.js'
import { SyncPanel } from './components/SyncPanel.js'
import { TodoList } from './components/TodoList.js'
import { storeId } from './livestore/store.js'

const COMMAND = /Mac|iPhone|iPad/.test(navigator.platform) ? '⌘' : 'Ctrl'

export const App = () => {
  const [panel, setPanel] = useState(false)
  return (
    <AnnouncerProvider>
      <div className="page">
        <header className="bar">
          <div className="title">
            <h1>Todos</h1>
            {storeId !== 'todos' && <p className="list-name" title={storeId}>{storeId}</p>}
          </div>
          <History />
          <StatusButton open={panel} onToggle={() => setPanel(!panel)} />
        </header>
        {panel && <SyncPanel />}
        <main className="card">
          <NewTodo />
          <TodoList />
          <Footer />
        </main>
        <p className="hint">
          <kbd>Tab</kbd> moves, <kbd>Space</kbd> ticks off, <kbd>F2</kbd> or a double click edits,{' '}
          <kbd>{COMMAND}</kbd> <kbd>Z</kbd> undoes
        </p>
      </div>
    </AnnouncerProvider>
  )
}
