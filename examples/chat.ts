// A chat over WebSocket on HTTP/2 (RFC 8441): each socket is a stream of the connection that carried the page.
// Browsers speak HTTP/2 over TLS only. The same file runs on all three runtimes:
//
//   deno run -A chat.ts      bun chat.ts      node chat.ts (from 22.18 on)
//
// Options: --port 8080  --cert cert.pem --key key.pem
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { serve, type ServerWebSocket, upgradeWebSocket } from 'nghttp2-wasm'

const page = `<!doctype html><title>Chat</title>
<form><input name=text autofocus autocomplete=off></form><ul id=list></ul>
<script>
  const socket = new WebSocket(Object.assign(new URL('/chat', location), { protocol: 'wss:' }))
  socket.onmessage = ({ data }) => {
    list.prepend(Object.assign(document.createElement('li'), { textContent: data }))
  }
  document.forms[0].onsubmit = (event) => {
    event.preventDefault()
    socket.send(event.target.text.value)
    event.target.reset()
  }
</script>`

const members = new Map<ServerWebSocket, string>()
let count = 0

function say(text: string): void {
  for (const socket of members.keys()) socket.send(text)
}

function join(request: Request): Response {
  const { socket, response } = upgradeWebSocket(request)
  const name = new URL(request.url).searchParams.get('name') ?? `guest ${++count}`
  socket.addEventListener('open', () => {
    members.set(socket, name)
    say(`${name} is here`)
  })
  socket.addEventListener('message', ({ data }) => {
    if (typeof data === 'string') say(`${name}: ${data}`)
    else socket.close(3003, 'texts only')
  })
  socket.addEventListener('close', () => {
    members.delete(socket)
    say(`${name} has left`)
  })
  return response
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    cert: { type: 'string' },
    key: { type: 'string' },
  },
})

const server = serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  tls:
    values.cert && values.key
      ? { cert: readFileSync(values.cert, 'utf8'), key: readFileSync(values.key, 'utf8') }
      : null,
  gracefulShutdown: true,
  fetch(request) {
    const { pathname } = new URL(request.url)
    if (pathname === '/chat') return join(request)
    return new Response(page, { headers: { 'content-type': 'text/html; charset=utf-8' } })
  },
})

await server.ready()
console.log(`Listening on ${server.url} on ${server.runtime}`)
