/** RFC 9113 on the wire: a row for what a server MUST do. */
import { describe, it } from 'vitest'
import { type Http2Row, runHttp2 } from '../support/conformance.ts'
import { describeFetch } from '../support/fetch-suite.ts'
import { compression, framing, starting } from './rfc9113/3-starting.ts'
import { streams } from './rfc9113/5-streams.ts'
import { flowControl } from './rfc9113/6-flow-control.ts'
import { frames } from './rfc9113/6-frames.ts'
import { messages } from './rfc9113/8-messages.ts'

const chapters: Readonly<Record<string, readonly Http2Row[]>> = {
  'starting HTTP/2': starting,
  frames: framing,
  'field blocks': compression,
  streams,
  'frame definitions': frames,
  'flow control': flowControl,
  messages,
}

describeFetch('RFC 9113', (server) => {
  describe.each(Object.entries(chapters))('%s', (_, rows) => {
    const titled = rows.map((row) => [`§${row.section} ${row.sent}: ${row.answer}`, row] as const)
    it.concurrent.each(titled)('%s', (_title, row) => runHttp2(server, row))
  })
})
