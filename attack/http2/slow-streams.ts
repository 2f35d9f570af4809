import type { Attacker } from '../lib/attacker.ts'
import type { Http2Connection } from '../lib/http2-connection.ts'
import {
  encodeFrame,
  getting,
  INITIAL_WINDOW_SIZE,
  posting,
  Type,
  windowUpdate,
} from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

const connectionCount = 10
const streamCount = 50
/** Milliseconds between two bytes. */
const interval = 1000

type Make = (streamId: number) => Buffer

/** Streams that begin, and then move by a byte a second, or not at all. */
function slowStreams(begin: Make, step?: Make): (attacker: Attacker) => Promise<void> {
  const script = async (connection: Http2Connection): Promise<void> => {
    const ids = Array.from({ length: streamCount }, () => connection.nextStream())
    await connection.send(Buffer.concat(ids.map(begin)), streamCount)
    if (!step) return connection.untilEnded()
    while (connection.isOpen) {
      await connection.sleep(interval)
      await connection.send(Buffer.concat(ids.map(step)), 0)
    }
  }
  const settings = [[INITIAL_WINDOW_SIZE, 0]] as const
  return (attacker) => attacker.http2(script, { settings, count: connectionCount })
}

const download: Make = (id) => getting(id, paths.large)
const upload: Make = (id) => posting(id, paths.upload)

export const slowRead = slowStreams(download)
export const drippingRead = slowStreams(download, (id) => windowUpdate(id, 1))
export const slowPost = slowStreams(upload)
export const drippingPost = slowStreams(upload, (id) =>
  encodeFrame(Type.DATA, 0, id, Buffer.from('x')),
)
