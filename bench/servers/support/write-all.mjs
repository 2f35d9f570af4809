// Writes on sockets that may take a part of the bytes only.

/** Writes all of `bytes` to a `Deno.Conn`. */
export async function writeAll(conn, bytes) {
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at))
}

/** Writes `bytes` to a socket of `Bun.listen`; `waiting` is that socket's list of bytes that the system has not taken. */
export function writeOrKeep(socket, waiting, bytes) {
  const written = waiting.length > 0 ? 0 : Math.max(0, socket.write(bytes))
  if (written < bytes.length) waiting.push(bytes.subarray(written))
}

/** For the `drain` event of a socket of `Bun.listen`: writes what is in `waiting`, as far as the system takes it. */
export function writeKept(socket, waiting) {
  while (waiting.length > 0) {
    const written = Math.max(0, socket.write(waiting[0]))
    if (written < waiting[0].length) {
      waiting[0] = waiting[0].subarray(written)
      return
    }
    waiting.shift()
  }
}
