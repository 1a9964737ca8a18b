/** The address that a client connects to: the app's, and what the protocol adds to its query. */

const SCHEMES = /^(ws|http)(s?):\/\/[^/]/i
const OURS = ['storeId', 'transport', 'payload']

const refuse = (url: string, why: string): never => {
  throw new Error(`The sync URL "${url}" ${why}`)
}

/** Throws when the URL cannot be one of a sync server. */
export const checkSyncUrl = (url: string): string => {
  if (!SCHEMES.test(url)) refuse(url, 'does not begin with ws://, wss://, http:// or https:// and a host')
  if (url.includes('#')) refuse(url, 'has a fragment (#…): leave it out')
  const query = new URLSearchParams(url.split('?')[1])
  const taken = OURS.find((name) => query.has(name))
  if (taken) refuse(url, `has a parameter ${taken}: it is added by the library, leave it out`)
  return url
}

export const isHttp = (url: string): boolean => /^http/i.test(url)

/** `payload` is JSON text. It is encoded twice: servers of this protocol decode a parameter, and then its value. */
export const syncUrl = (url: string, storeId: string, payload: string | null): string => {
  const joint = !url.includes('?') ? '?' : /[?&]$/.test(url) ? '' : '&'
  const base = `${url}${joint}storeId=${encodeURIComponent(storeId)}&transport=${isHttp(url) ? 'http' : 'ws'}`
  return payload === null ? base : `${base}&payload=${encodeURIComponent(encodeURIComponent(payload))}`
}
