// One HTTP request on a connection of its own.
import http from 'node:http'

export function ask(port, { method = 'GET', path = '/', headers = {}, body } = {}) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (data) => (text += data))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }))
    })
    request.on('error', reject).end(body)
  })
}

/** A message of the HTTP transport: answers the array of frames. */
export async function post(port, storeId, message, { query = '', headers = {} } = {}) {
  const answer = await ask(port, {
    method: 'POST', path: `/?storeId=${storeId}&transport=http${query}`,
    headers: { 'content-type': 'application/json', 'x-livestore-store-id': storeId, ...headers }, body: JSON.stringify(message),
  })
  return answer.status === 200 ? JSON.parse(answer.text) : answer
}
