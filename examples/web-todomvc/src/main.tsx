import { StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { StoreRegistry } from 'livestore'
import { StoreRegistryProvider } from 'livestore/react'
import { App } from './App.js'
import { Failure, Opening, WrongAddress } from './components/Notices.js'
import { isStoreId, rememberStoreId, storeId } from './livestore/store.js'
import './style.css'

const registry = new StoreRegistry()

const Main = () => {
  if (!isStoreId(storeId)) return <WrongAddress storeId={storeId} />
  rememberStoreId(storeId)
  return (
    <Failure>
      <StoreRegistryProvider storeRegistry={registry}>
        <Suspense fallback={<Opening />}>
          <App />
        </Suspense>
      </StoreRegistryProvider>
    </Failure>
  )
}

// What `#ID` names is another list: begin anew with it.
addEventListener('hashchange', () => location.reload())

// Keeps the app itself, so that it opens without a network.
if (import.meta.env.PROD) void navigator.serviceWorker?.register('/sw.js')

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <Main />
  </StrictMode>,
)
