/** RFC 9112 §6 and §7: bodies and transfer codings. */
import { type Http1Row, line } from '../../support/conformance.ts'
import { get, post } from '../../support/raw-http1.ts'

const path = '/request/text'
/** A request with these fields, then these bytes. */
const send = (fields: readonly string[], body: string, version = '1.1'): string =>
  `${[`POST ${path} HTTP/${version}`, 'Host: localhost', ...fields].join('\r\n')}\r\n\r\n${body}`
const chunked = (body: string, ...fields: string[]): string =>
  send(['Transfer-Encoding: chunked', ...fields], body)
const length = (value: string, body = 'body'): string => send([`Content-Length: ${value}`], body)
const coded = (value: string): string =>
  send([`Transfer-Encoding: ${value}`], '4\r\nbody\r\n0\r\n\r\n')
const whole = '4\r\nbody\r\n0\r\n\r\n'
const isBody = /\{"text":"body"\}/

const framing: readonly Http1Row[] = [
  line(
    '6',
    'neither length nor coding: what follows is a request',
    send([], get(path)),
    '200 200 kept',
    /\{"text":""\}/,
  ),
  line('6.1', 'chunks', chunked(whole), '200 kept', isBody),
  line('6.1', 'Chunked, in upper case', coded('CHUNKED'), '200 kept', isBody),
  line('6.1', 'chunked two times', coded('chunked, chunked'), '400 closed'),
  line(
    '6.1',
    'chunked in two fields',
    send(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], whole),
    '400 closed',
  ),
  line('6.1', 'a coding that the server does not know', coded('gzip, chunked'), '501 closed'),
  line(
    '6.1',
    'a coding of HTTP/1.0',
    send(['Transfer-Encoding: chunked'], whole, '1.0'),
    '400 closed',
  ),
  line(
    '6.1',
    'a coding and a length of HTTP/1.0',
    send(['Transfer-Encoding: chunked', 'Content-Length: 4'], whole, '1.0'),
    '400 closed',
  ),
  line(
    '6.1',
    'HTTP/1.0 for a body without a length',
    'GET /response/events HTTP/1.0\r\n\r\n',
    '200 closed',
    /^(?![^]*transfer-encoding)[^]*\r\n\r\ndata: 1\n\n/,
  ),
  line(
    '6.1',
    'a response without a body',
    get('/response/make?make=Response&body=null&init={"status":204}'),
    '204 kept',
    /^HTTP\/1\.1 204 (?:(?!transfer-encoding|content-length)[^])*?\r\n\r\nHTTP/,
  ),
  line(
    '6.2',
    'chunks of a response',
    get('/response/events'),
    '200 kept',
    /^(?:(?!content-length)[^])*?\r\n\r\n9\r\ndata: 1/,
  ),
  line(
    '6.2',
    'a length of HEAD',
    get('/response/json').replace('GET', 'HEAD'),
    '200 kept',
    /content-length: 7\r\n[^]*?\r\n\r\nHTTP/,
  ),
  line(
    '6.3',
    'a length and a coding',
    send(['Content-Length: 4', 'Transfer-Encoding: chunked'], whole),
    '400 closed',
  ),
  line('6.3', 'a coding that is not chunked at its end', coded('chunked, gzip'), '400 closed'),
  line('6.3', 'a coding that is not chunked', coded('identity'), '400 closed'),
  line('6.3', 'a coding with a vertical tab', coded('\x0bchunked'), '400 closed'),
  line('6.3', 'a length', length('4'), '200 kept', isBody),
  line('6.3', 'a length of 0', length('0', ''), '200 kept'),
  line('6.3', 'a length with a sign', length('+4'), '400 closed'),
  line('6.3', 'a length below 0', length('-4'), '400 closed'),
  line('6.3', 'a length with a point', length('4.0'), '400 closed'),
  line('6.3', 'a length of hexadecimal digits', length('0x4'), '400 closed'),
  line('6.3', 'a length with a space inside', length('4 4'), '400 closed'),
  line('6.3', 'an empty length', length(''), '400 closed'),
  line('6.3', 'a length beyond 64 bits', length('18446744073709551620'), '400 closed'),
  line(
    '6.3',
    'two lengths that differ',
    send(['Content-Length: 4', 'Content-Length: 5'], 'body'),
    '400 closed',
  ),
  line('6.3', 'a list of two lengths that differ', length('4, 5'), '400 closed'),
  line(
    '6.3',
    'two lengths that agree, which may be refused',
    send(['Content-Length: 4', 'Content-Length: 4'], 'body'),
    '400 closed',
  ),
]

const chunks: readonly Http1Row[] = [
  line(
    '7.1',
    'a size with zeros before it',
    chunked('0004\r\nbody\r\n000\r\n\r\n'),
    '200 kept',
    isBody,
  ),
  line(
    '7.1',
    'a size in upper and lower case',
    chunked(`A\r\n0123456789\r\nb\r\n0123456789a\r\n0\r\n\r\n`),
    '200 kept',
    /01234567890123456789a/,
  ),
  line(
    '7.1',
    'a size beyond 64 bits',
    chunked('10000000000000004\r\nbody\r\n0\r\n\r\n'),
    '400 closed',
  ),
  line('7.1', 'a size with a sign', chunked('-4\r\nbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'a size with 0x', chunked('0x4\r\nbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'no size', chunked('\r\nbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'a size behind a space', chunked(' 4\r\nbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'a chunk longer than its size', chunked('3\r\nbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'LF for CRLF behind a size', chunked('4\nbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'CR for CRLF behind a size', chunked('4\rbody\r\n0\r\n\r\n'), '400 closed'),
  line('7.1', 'LF for CRLF behind a chunk', chunked('4\r\nbody\n0\r\n\r\n'), '400 closed'),
  line(
    '7.1.1',
    'extensions that are unknown',
    chunked('4;a;b=c;d="e"\r\nbody\r\n0;x=y\r\n\r\n'),
    '200 kept',
    isBody,
  ),
  line('7.1.1', 'an extension with LF', chunked('4;a\nb\r\nbody\r\n0\r\n\r\n'), '400 closed'),
  line(
    '7.1.2',
    'trailers',
    chunked('4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n').replace(path, '/request/trailers'),
    '200 kept',
    /\["x-sum","7"\]/,
  ),
  line(
    '7.1.2',
    'a trailer that frames',
    chunked('4\r\nbody\r\n0\r\nContent-Length: 9\r\n\r\n'),
    '400 closed',
  ),
  line(
    '7.1.2',
    'a trailer with a space before its colon',
    chunked('4\r\nbody\r\n0\r\nX-Sum : 7\r\n\r\n'),
    '400 closed',
  ),
  line(
    '7.1.2',
    'a trailer is no field of the head',
    chunked('4\r\nbody\r\n0\r\nX-Sum: 7\r\n\r\n').replace(path, '/request/request'),
    '200 kept',
    /^(?![^]*x-sum)/,
  ),
]

export const bodies: readonly Http1Row[] = [
  ...framing,
  ...chunks,
  line(
    '6.3',
    'a body behind a body',
    post(path, 'one') + post(path, 'two'),
    '200 200 kept',
    /"one"[^]*"two"/,
  ),
]
