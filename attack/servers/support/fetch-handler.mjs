// The fetch handler of all targets that have one.
import { count } from './program.mjs'
import { pieces, small } from './work.mjs'

/** `upgrade` takes a request for a WebSocket that sends each message back. */
export function fetchHandler(upgrade) {
  return async (request) => {
    count()
    const { pathname, searchParams } = new URL(request.url)
    switch (pathname) {
      case '/download':
        return new Response(download(Number(searchParams.get('size'))))
      case '/read':
        return new Response(String((await request.arrayBuffer()).byteLength))
      case '/websocket':
        return upgrade(request)
      default:
        return new Response(small)
    }
  }
}

function download(size) {
  const iterator = pieces(size)
  return new ReadableStream({
    pull(controller) {
      const { value, done } = iterator.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
  })
}

/** For WebSockets of the standard's interface. */
export function echo(socket) {
  socket.addEventListener('message', ({ data }) => socket.send(data))
}
