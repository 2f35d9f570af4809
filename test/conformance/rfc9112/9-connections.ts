/** RFC 9112 §9: connections; §8: messages that are not complete. */
import { type Http1Row, line } from '../../support/conformance.ts'
import { get, post } from '../../support/raw-http1.ts'

const path = '/response/json'
const close = 'Connection: close'
const old = (...fields: string[]): string => get(path, ...fields).replace('HTTP/1.1', 'HTTP/1.0')
/** Upgrades are of RFC 9110 §7.8, which §9.7 points to. */
const upgrade = ['Connection: Upgrade', 'Upgrade: unknown']

export const connections: readonly Http1Row[] = [
  line('9.3', 'HTTP/1.1', get(path), '200 kept'),
  line(
    '9.3',
    'HTTP/1.1 with Connection: keep-alive',
    get(path, 'Connection: keep-alive'),
    '200 kept',
  ),
  line('9.3', 'HTTP/1.1 with Connection: close', get(path, close), '200 closed'),
  line('9.3', 'Connection: Close among others', get(path, 'Connection: x, Close'), '200 closed'),
  line('9.3', 'HTTP/1.0', old(), '200 closed'),
  line(
    '9.3',
    'HTTP/1.0 with Connection: keep-alive',
    old('Connection: keep-alive'),
    '200 kept',
    /^[^]*?\r\nconnection: keep-alive\r\n/,
  ),
  line(
    '9.3',
    'HTTP/1.0 with keep-alive and close',
    old('Connection: keep-alive, close'),
    '200 closed',
  ),
  line(
    '9.3',
    'a body that no handler reads, then a request',
    post('/request/unread', 'x'.repeat(70_000)) + get(path),
    '200 200 kept',
    /not read[^]*\{"a":1\}/,
  ),
  line(
    '9.3.2',
    'three requests at once, the first one slow',
    get('/response/pause?ms=30') + get(path) + post('/request/text', 'last'),
    '200 200 200 kept',
    /\{"a":1\}[^]*"last"/,
  ),
  line('9.6', 'a request behind Connection: close', get(path, close) + get(path), '200 closed'),
  line(
    '9.6',
    'a request behind one that is refused',
    `GET ${path} HTTP/1.1\r\n\r\n${get(path)}`,
    '400 closed',
  ),
  line('9.7', 'an upgrade to what the server does not speak', get(path, ...upgrade), '200 kept'),
  line('9.7', 'an upgrade of HTTP/1.0', old(...upgrade), '200 closed'),
]
