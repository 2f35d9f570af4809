const text = `This server speaks HTTP/2 only. With curl: curl --http2-prior-knowledge URL
A browser needs TLS, where ALPN chooses HTTP/2. The server's option is http1: true.
`
const page = `<!doctype html><title>HTTP/2 only</title><p>This server speaks HTTP/2 only, which a browser speaks over TLS: give the server a certificate (<code>tls</code>), or allow HTTP/1.1 (<code>http1: true</code>).
`

/** The response to a client of HTTP/1.1 where `http1` is off: HTML for a client that accepts HTML, else plain text. */
export function http1Refusal(firstBytes: Uint8Array): Uint8Array {
  let head = ''
  for (const byte of firstBytes.subarray(0, 4096)) head += String.fromCharCode(byte)
  const isPage = /^accept:[^\r\n]*text\/html/im.test(head)
  const body = isPage ? page : text
  return new TextEncoder().encode(
    `HTTP/1.1 505 HTTP Version Not Supported\r\ncontent-type: text/${isPage ? 'html' : 'plain'}\r\n` +
      `content-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  )
}
