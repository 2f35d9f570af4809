// A response is checked before it is timed: each server sends the same status, fields and bytes.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request as requestHTTP1 } from 'node:http'
import { connect } from 'node:http2'
import { answerOf } from '../servers/support/work.mjs'

/** Fields of a connection (RFC 9110 §7.6.1), which a server may send or not. */
const ofConnection = new Set(['connection', 'keep-alive'])

/**
 * Asks `server` once for `work` and throws where the answer is not the one of work.mjs. A native server has header fields
 * of its own (`isNative`): only its status and body are checked. `isHTTP1`: the request is one of HTTP/1.1.
 */
export async function checkAnswer(server, work, options) {
  const { headers = [], upload, isHTTP1 = false, isNative = false } = options
  const ask = isHTTP1 ? askHTTP1 : askHTTP2
  const { status, fields, body } = await ask(server.origin, work, headers, upload)
  const expected = answerOf(work)
  equal('status', status, 200)
  equal('body', digest(body), digest(Buffer.from(expected.body)))
  if (!isNative) checkFields(fields, expected, body.length)
}

async function askHTTP1(origin, work, headers, upload) {
  const request = requestHTTP1(`${origin}/${work}`, {
    agent: false,
    method: upload ? 'POST' : 'GET',
    headers: { ...Object.fromEntries(headers), ...(upload && { 'content-length': upload.length }) },
  })
  request.setTimeout(10_000, () => request.destroy(new Error(`${work}: no answer in 10 s`)))
  request.end(upload)
  const [response] = await once(request, 'response')
  const body = Buffer.concat(await response.toArray())
  const fields = Object.entries(response.headers).filter(([name]) => !ofConnection.has(name))
  return { status: response.statusCode, fields: Object.fromEntries(fields), body }
}

async function askHTTP2(origin, work, headers, upload) {
  const client = connect(origin, { rejectUnauthorized: false })
  try {
    const [{ ':status': status, ...fields }, body] = await askOn(client, work, headers, upload)
    return { status, fields, body }
  } finally {
    client.destroy()
  }
}

async function askOn(client, work, headers, upload) {
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
  const extra = Object.keys(fields).filter((name) => name !== 'date' && !wanted.has(name))
  equal('further fields', extra.join(', '), '')
}

function equal(what, actual, expected) {
  if (actual !== expected) throw new Error(`${what}: ${actual} instead of ${expected}`)
}

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex')
}
