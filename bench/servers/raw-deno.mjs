// Fixed frames on Deno.listen, for HTTP/2: the limit of Deno's socket.
import { connection, greeting } from './support/frames.mjs'
import * as program from './support/program.mjs'
import { writeAll } from './support/write-all.mjs'

const listener = Deno.listen({ hostname: '127.0.0.1', port: 0 })
program.listening(listener.addr.port)
for await (const conn of listener) void serve(conn)

async function serve(conn) {
  const { read, close } = connection((bytes) => void writeAll(conn, bytes).catch(close))
  const buffer = new Uint8Array(64 * 1024)
  conn.setNoDelay(true)
  try {
    await writeAll(conn, greeting)
    for (;;) {
      const length = await conn.read(buffer)
      if (length === null) break
      const out = read(buffer.subarray(0, length))
      if (out) await writeAll(conn, out)
    }
  } catch {
    // The load client left.
  }
  close()
  try {
    conn.close()
  } catch {
    // The connection is closed already.
  }
}
