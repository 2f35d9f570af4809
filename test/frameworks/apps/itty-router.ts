import { AutoRouter, error, json, StatusError, text } from 'itty-router'
import type { FetchInfo } from 'nghttp2-wasm'

/** What a route gets. */
interface Routed extends Request {
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, string | undefined>>
}

const router = AutoRouter({
  finally: [
    (response: Response) => {
      response.headers.set('x-framework', 'itty-router')
    },
  ],
})
router.get('/hello/:name', ({ params, query }: Routed) => ({
  name: params.name,
  query: query.q ?? null,
}))
router.get('/text', () => text('text'))
router.post('/json', (request: Routed) => request.json().then((got: unknown) => json({ got })))
router.post('/form', (request: Routed) =>
  request.formData().then((form) => ({ field: form.get('field') })),
)
router.post('/echo', (request: Routed) => new Response(request.body))
router.get('/stream', () => streamOf('one ', 'two ', 'three'))
router.get('/events', () => {
  const events = [1, 2, 3].map((id) => `id: ${id}\ndata: event ${id}\n\n`)
  const response = streamOf(...events)
  response.headers.set('content-type', 'text/event-stream')
  return response
})
router.get('/cookies', () => {
  const response = new Response(null, { status: 204 })
  response.headers.append('set-cookie', 'a=1')
  response.headers.append('set-cookie', 'b=2')
  return response
})
router.get('/throw', () => {
  throw new Error('a secret')
})
router.get('/teapot', () => {
  throw new StatusError(418, 'a teapot')
})
router.get('/redirect', () => new Response(null, { status: 302, headers: { location: '/text' } }))
router.get('/info', (_request: Routed, info: FetchInfo) => ({ streamId: info.streamId }))
router.all('*', () => error(404))

function streamOf(...pieces: string[]): Response {
  return new Response(
    new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        const piece = pieces.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(piece))
      },
    }),
  )
}

export default router
