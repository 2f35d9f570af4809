// Messages of HTTP/1.1 for the corpus of the fuzzers.

export const requests = {
  pipelined:
    'GET /a HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nCookie: a=b\r\n\r\n' +
    'POST /b?c HTTP/1.1\r\nHost:  a.example:80 \r\nContent-Length: 5\r\nX-Empty:\r\n\r\nhello' +
    'GET http://b?x HTTP/1.1\r\nHost: a\r\n\r\n',
  chunked:
    'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTrailer: x-sum\r\n\r\n' +
    '5;a=b;c="d"\r\nhello\r\nA\r\n0123456789\r\n0\r\nX-Sum: 1 \r\nX-Other: \r\n\r\n' +
    '\r\nHEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
  'http-1.0': 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n',
  websocket:
    'GET /chat HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n' +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  h2c:
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n' +
    'HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
  connect: 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\nanything',
  options: 'OPTIONS * HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx',
  folded: 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n',
  'two-lengths': 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx',
  'both-framings':
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  codings: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'bare-lf': 'GET / HTTP/1.1\nHost: a\n\n',
}

export const responses = {
  plain:
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello' +
    'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 5\r\n\r\n' +
    'HTTP/1.1 204 No Content\r\n\r\n',
  interim:
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  'to-head':
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 150 Unknown\r\nContent-Length: 3\r\n\r\n' +
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
  chunked:
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-Sum: 1\r\n\r\n' +
    'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n',
  'until-close': 'HTTP/1.1 200 OK\r\n\r\nall that comes',
  'http-1.0': 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx',
  upgrade:
    'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n\x81\x00',
  malformed: 'HTTP/1.1 20 OK\r\nContent-Length: x\r\n\r\n',
}
