/** RFC 9112 on the wire: a row for what a server MUST do. */
import { describe, it } from 'vitest'
import { type Http1Row, runHttp1 } from '../support/conformance.ts'
import { describeFetch } from '../support/fetch-suite.ts'
import { parsing } from './rfc9112/2-messages.ts'
import { bodies } from './rfc9112/6-bodies.ts'
import { connections } from './rfc9112/9-connections.ts'

const chapters: Readonly<Record<string, readonly Http1Row[]>> = { parsing, bodies, connections }

describeFetch('RFC 9112', (server) => {
  describe.each(Object.entries(chapters))('%s', (_, rows) => {
    const titled = rows.map((row) => [`§${row.section} ${row.sent}: ${row.answer}`, row] as const)
    it.concurrent.each(titled)('%s', (_title, row) => runHttp1(server.port, row))
  })
})
