/** RFC 9112 §2 to §5: messages, request lines, fields. */
import { type Http1Row, line } from '../../support/conformance.ts'
import { get } from '../../support/raw-http1.ts'

const path = '/response/json'
const echo = '/request/request'
/** A request with this line, and Host. */
const request = (first: string, ...fields: string[]): string =>
  `${[first, 'Host: localhost', ...fields].join('\r\n')}\r\n\r\n`
const host = (...fields: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`

const format: readonly Http1Row[] = [
  line('2.2', 'an empty line before the request', `\r\n${get(path)}`, '200 kept'),
  line(
    '2.2',
    'white space before the first field',
    request(`GET ${path} HTTP/1.1`).replace('Host', ' Host'),
    '400 closed',
  ),
  line('2.2', 'CR in a field value', get(path, 'X-A: a\rb'), '400 closed'),
  line('2.2', 'CR for CRLF behind a field', get(path, 'X-A: a\rX-B: b'), '400 closed'),
  line('2.2', 'CR in the request line', `GET ${path}\r HTTP/1.1\r\nHost: a\r\n\r\n`, 'closed'),
  line(
    '2.2',
    'CR for CRLF behind the request line',
    `GET ${path} HTTP/1.1\rHost: a\r\n\r\n`,
    '400 closed',
  ),
  line('2.2', 'bytes beyond ASCII in a value', get(path, 'X-A: \xe4\xff'), '200 kept'),
  line('2.2', 'a byte beyond ASCII in a name', get(path, 'X-\xe4: a'), '400 closed'),
  line('2.2', 'NUL in a value', get(path, 'X-A: a\0b'), '400 closed'),
]

const version: readonly Http1Row[] = [
  line('2.3', 'HTTP/1.0', `GET ${path} HTTP/1.0\r\n\r\n`, '200 closed', /^HTTP\/1\.1 200 OK\r\n/),
  line('2.3', 'HTTP/1.2', request(`GET ${path} HTTP/1.2`), '400 closed'),
  line('2.3', 'HTTP/2.0 in a request line', request(`GET ${path} HTTP/2.0`), 'closed'),
  line('2.3', 'a version in lower case', request(`GET ${path} http/1.1`), 'closed'),
  line(
    '2.3',
    'a second request of HTTP/2.0',
    get(path) + request(`GET ${path} HTTP/2.0`),
    '200 505 closed',
  ),
  line(
    '2.3',
    'a second request of http/1.1',
    get(path) + request(`GET ${path} http/1.1`),
    '200 400 closed',
  ),
]

const requestLine: readonly Http1Row[] = [
  line('3', 'a target with a space', request('GET /a b HTTP/1.1'), '400 closed'),
  line('3', 'no target', request('GET HTTP/1.1'), '400 closed'),
  line('3', 'a target with a tab', request('GET /a\tb HTTP/1.1'), '400 closed'),
  line('3', 'a target with a control character', request('GET /a\x01b HTTP/1.1'), '400 closed'),
  line('3', 'a target with a fragment', request('GET /a#b HTTP/1.1'), '400 closed'),
  line(
    '3',
    'a target longer than the server takes',
    request(`GET /${'a'.repeat(20_000)} HTTP/1.1`),
    '414 closed',
  ),
  line('3.1', 'a method in lower case', request(`get ${path} HTTP/1.1`), '501 closed'),
  line('3.2', 'no Host', host(), '400 closed'),
  line('3.2', 'two Hosts', host('Host: localhost', 'Host: localhost'), '400 closed'),
  line('3.2', 'an empty Host', host('Host:'), '400 closed'),
  line('3.2', 'a Host with user information', host('Host: a@localhost'), '400 kept'),
  line('3.2', 'a Host with a path', host('Host: localhost/a'), '400 kept'),
  line('3.2', 'a Host with a space', host('Host: local host'), '400 kept'),
  line('3.2', 'a Host with a port that is no number', host('Host: localhost:a'), '400 kept'),
  line(
    '3.2',
    'two Hosts of HTTP/1.0',
    host('Host: a', 'Host: b').replace('1.1', '1.0'),
    '400 closed',
  ),
  line('3.2', 'HTTP/1.0 without Host', host().replace('1.1', '1.0'), '200 closed'),
  line('3.2.1', 'a target that is no path', request('GET response/json HTTP/1.1'), '400 closed'),
  line('3.2.2', 'the absolute form', request(`GET http://localhost${path} HTTP/1.1`), '200 kept'),
  line(
    '3.2.2',
    'the absolute form, of another host than Host',
    request(`GET http://other:81${echo} HTTP/1.1`),
    '200 kept',
    /"url":"http:\/\/other:81\/request\/request"/,
  ),
  line(
    '3.2.2',
    'the absolute form, without Host',
    `GET http://localhost${path} HTTP/1.1\r\n\r\n`,
    '400 closed',
  ),
  line('3.2.3', 'the authority form of GET', request('GET localhost:80 HTTP/1.1'), '400 closed'),
  line('3.2.3', 'CONNECT to a path', request('CONNECT /a HTTP/1.1'), '400 closed'),
  line('3.2.3', 'CONNECT without a port', request('CONNECT localhost HTTP/1.1'), '400 closed'),
  line('3.2.4', 'the asterisk form of OPTIONS', request('OPTIONS * HTTP/1.1'), '404 kept'),
  line('3.2.4', 'the asterisk form of GET', request('GET * HTTP/1.1'), '400 closed'),
]

const statusLine: readonly Http1Row[] = [
  line(
    '4',
    'a request for a status without a reason',
    get('/response/make?make=Response&body=null&init={"status":299}'),
    '299 kept',
    /^HTTP\/1\.1 299 \r\n/,
  ),
]

const fields: readonly Http1Row[] = [
  line('5.1', 'a space between a name and its colon', get(path, 'X-A : a'), '400 closed'),
  line('5.1', 'a tab between a name and its colon', get(path, 'X-A\t: a'), '400 closed'),
  line('5.1', 'a space between Host and its colon', host('Host : localhost'), '400 closed'),
  line('5.1', 'a field without a colon', get(path, 'X-A'), '400 closed'),
  line('5.1', 'a field without a name', get(path, ': a'), '400 closed'),
  line(
    '5.1',
    'white space around a value',
    get(echo, 'X-A: \t a b \t'),
    '200 kept',
    /\["x-a","a b"\]/,
  ),
  line('5.1', 'a value that is empty', get(echo, 'X-A:'), '200 kept', /\["x-a",""\]/),
  line('5.2', 'a folded value', get(path, 'X-A: a', ' b'), '400 closed'),
  line('5.2', 'a folded value behind a tab', get(path, 'X-A: a', '\tb'), '400 closed'),
]

export const parsing: readonly Http1Row[] = [
  ...format,
  ...version,
  ...requestLine,
  ...statusLine,
  ...fields,
]
