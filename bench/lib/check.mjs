// A response is checked before it is timed: the same status, the same fields, the same bytes from everybody.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:http2'
import { answerOf } from '../servers/support/work.mjs'

/**
 * Asks `server` once for `work` and throws where the answer is not the one of work.mjs. nghttpd has header fields of its
 * own (`isNative`): of it only status and body are checked.
 */
export async function checkAnswer(server, work, { headers = [], upload, isNative = false }) {
  const client = connect(server.origin, { rejectUnauthorized: false })
  try {
    const [fields, body] = await ask(client, work, headers, upload)
    const expected = answerOf(work)
    equal('status', fields[':status'], 200)
    equal('body', digest(body), digest(Buffer.from(expected.body)))
    if (!isNative) checkFields(fields, expected, body.length)
  } finally {
    client.destroy()
  }
}

async function ask(client, work, headers, upload) {
  const request = client.request(
    { ':path': `/${work}`, ':method': upload ? 'POST' : 'GET', ...Object.fromEntries(headers) },
    { endStream: !upload },
  )
  request.setTimeout(10_000, () => request.destroy(new Error(`${work}: no answer in 10 s`)))
  if (upload) request.end(upload)
  const chunks = []
  request.on('data', (chunk) => chunks.push(chunk))
  const [[fields]] = await Promise.all([once(request, 'response'), once(request, 'end')])
  return [fields, Buffer.concat(chunks)]
}

function checkFields(fields, expected, length) {
  const wanted = new Map(expected.headers)
  wanted.set('content-length', String(length))
  for (const [name, value] of wanted) equal(name, fields[name], value)
  if (!fields.date) throw new Error('the response has no Date field')
  const extra = Object.keys(fields).filter(
    (name) => name !== ':status' && name !== 'date' && !wanted.has(name),
  )
  equal('further fields', extra.join(', '), '')
}

function equal(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`)
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
