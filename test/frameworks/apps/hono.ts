import { Hono } from 'hono'
import { setCookie } from 'hono/cookie'
import { HTTPException } from 'hono/http-exception'
import { streamSSE, streamText } from 'hono/streaming'
import type { FetchInfo } from 'nghttp2-wasm'

const app = new Hono<{ Bindings: FetchInfo }>()
app.use(async (context, next) => {
  await next()
  context.header('x-framework', 'hono')
})
app.get('/hello/:name', (context) =>
  context.json({ name: context.req.param('name'), query: context.req.query('q') ?? null }),
)
app.get('/text', (context) => context.text('text'))
app.post('/json', async (context) => context.json({ got: await context.req.json() }))
app.post('/form', async (context) => {
  const { field } = await context.req.parseBody()
  return context.json({ field })
})
app.post('/echo', (context) => new Response(context.req.raw.body))
app.get('/stream', (context) =>
  streamText(context, async (stream) => {
    for (const piece of ['one ', 'two ', 'three']) {
      await stream.write(piece)
      await stream.sleep(5)
    }
  }),
)
app.get('/events', (context) =>
  streamSSE(context, async (stream) => {
    for (let id = 1; id <= 3; id++) await stream.writeSSE({ id: String(id), data: `event ${id}` })
  }),
)
app.get('/cookies', (context) => {
  setCookie(context, 'a', '1')
  setCookie(context, 'b', '2')
  return context.body(null, 204)
})
app.get('/throw', () => {
  throw new Error('a secret')
})
app.get('/teapot', () => {
  throw new HTTPException(418, { message: 'a teapot' })
})
app.get('/redirect', (context) => context.redirect('/text'))
app.get('/info', (context) => context.json({ streamId: context.env.streamId }))

export default app
