import type { Attacker } from '../lib/attacker.ts'
import type { Http2Connection } from '../lib/http2-connection.ts'
import {
  encodeFrame,
  END_STREAM,
  getting,
  mostWindow,
  posting,
  Type,
  windowUpdate,
} from '../lib/frames.ts'
import { paths } from '../lib/paths.ts'

/** Twice as many are within the limits of all targets: the streams before may not have closed when the next ones begin. */
const batch = 50
const frameSize = 16_384
const bodySize = 64 * frameSize
const payload = Buffer.alloc(frameSize, 'x')

/** Small requests on one connection, fifty at a time, as fast as they are answered. */
export async function smallRequests(attacker: Attacker): Promise<void> {
  await attacker.http2(async (connection) => {
    await connection.send(windowUpdate(0, mostWindow - 65_535), 0)
    for (let count = batch; connection.isOpen; count += batch) {
      const requests = Array.from({ length: batch }, () =>
        getting(connection.nextStream(), paths.small),
      )
      await connection.send(Buffer.concat(requests), batch)
      await connection.until(() => connection.responses >= count)
    }
  })
}

async function upload(connection: Http2Connection): Promise<void> {
  const id = connection.nextStream()
  await connection.send(posting(id, paths.upload), 0)
  for (let sent = 0; sent < bodySize && connection.isOpen; sent += frameSize) {
    await connection.until(() => connection.windowOf(id) >= frameSize)
    const flags = sent + frameSize >= bodySize ? END_STREAM : 0
    connection.windowUsed(id, frameSize)
    await connection.send(encodeFrame(Type.DATA, flags, id, payload))
  }
}

/** Uploads of a mebibyte on one connection, four at a time, as fast as the windows open. */
export async function uploads(attacker: Attacker): Promise<void> {
  await attacker.http2(async (connection) => {
    const one = async (): Promise<void> => {
      while (connection.isOpen) await upload(connection)
    }
    await Promise.all([one(), one(), one(), one()])
  })
}
