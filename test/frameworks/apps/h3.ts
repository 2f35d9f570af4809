import {
  createEventStream,
  defineHandler,
  getQuery,
  H3,
  HTTPError,
  readBody,
  redirect,
  setCookie,
} from 'h3'

const app = new H3({ silent: true })
app.use((event) => {
  event.res.headers.set('x-framework', 'h3')
})
app.get('/hello/:name', (event) => ({
  name: event.context.params?.name,
  query: getQuery(event).q ?? null,
}))
app.get('/text', () => 'text')
app.post('/json', async (event) => ({ got: await readBody(event) }))
app.post('/form', async (event) => ({ field: (await event.req.formData()).get('field') }))
app.post('/echo', (event) => event.req.body)
app.get(
  '/stream',
  defineHandler((event) => {
    event.res.headers.set('content-type', 'text/plain')
    const pieces = ['one ', 'two ', 'three']
    return new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, 5))
        const piece = pieces.shift()
        if (piece === undefined) controller.close()
        else controller.enqueue(new TextEncoder().encode(piece))
      },
    })
  }),
)
app.get('/events', (event) => {
  const stream = createEventStream(event)
  void (async () => {
    for (let id = 1; id <= 3; id++) await stream.push({ id: String(id), data: `event ${id}` })
    await stream.close()
  })()
  return stream.send()
})
app.get('/cookies', (event) => {
  setCookie(event, 'a', '1')
  setCookie(event, 'b', '2')
  event.res.status = 204
  return null
})
app.get('/throw', () => {
  throw new Error('a secret')
})
app.get('/teapot', () => {
  throw new HTTPError({ status: 418, message: 'a teapot' })
})
app.get('/redirect', () => redirect('/text'))

export default app
