import { hasEnded, takenMessage } from '../lib/attack.ts'
import type { Attacker } from '../lib/attacker.ts'
import type { Http1Connection } from '../lib/http1-connection.ts'
import { paths } from '../lib/paths.ts'

const smuggled = `GET ${paths.small}?smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`
const chunk = `${smuggled.length.toString(16)}\r\n${smuggled}\r\n0\r\n\r\n`

/** A POST with these lines of a head behind Host, and this body. */
function post(lines: readonly string[], body: string, end = '\r\n'): string {
  return [`POST ${paths.upload} HTTP/1.1`, 'Host: localhost', ...lines, '', body].join(end)
}

function get(lines: readonly string[]): string {
  return [`GET ${paths.small} HTTP/1.1`, ...lines, '', ''].join('\r\n')
}

/** Messages that a proxy in front may take for others than the server does (RFC 9112 §11.2). */
const messages: Readonly<Record<string, string>> = {
  'CL.TE': post(['Content-Length: 5', 'Transfer-Encoding: chunked'], `0\r\n\r\n${smuggled}`),
  'TE.CL': post(['Transfer-Encoding: chunked', 'Content-Length: 4'], chunk),
  'two Content-Length': post(['Content-Length: 0', `Content-Length: ${smuggled.length}`], smuggled),
  'a list of Content-Length': post([`Content-Length: 0, ${smuggled.length}`], smuggled),
  'Content-Length: +0': post(['Content-Length: +0'], smuggled),
  'Content-Length: 0x0': post(['Content-Length: 0x0'], smuggled),
  'Content-Length: -1': post(['Content-Length: -1'], smuggled),
  'Content-Length beyond 64 bits': post(['Content-Length: 18446744073709551616'], smuggled),
  'TE: xchunked': post(['Transfer-Encoding: xchunked'], chunk),
  'TE: chunked, identity': post(['Transfer-Encoding: chunked, identity'], chunk),
  'TE: chunked twice': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunk),
  'TE: \\vchunked': post(['Transfer-Encoding: \vchunked'], chunk),
  'a space before the colon': post(['Transfer-Encoding : chunked'], chunk),
  'a tab before the colon': post(['Transfer-Encoding\t: chunked'], chunk),
  'obs-fold': post(['X: y', ' Transfer-Encoding: chunked'], chunk),
  'obs-fold of the first field': [`GET ${paths.small} HTTP/1.1`, ' Host: x', '', ''].join('\r\n'),
  'TE in HTTP/1.0': post(['Transfer-Encoding: chunked'], chunk).replace('HTTP/1.1', 'HTTP/1.0'),
  'bare LF': post([`Content-Length: ${smuggled.length}`], smuggled, '\n'),
  'bare CR in a value': post(['X: y\rTransfer-Encoding: chunked'], ''),
  'NUL in a value': get(['Host: localhost', 'X: y\0z']),
  'a chunk size of 0x1': post(['Transfer-Encoding: chunked'], '0x1\r\nx\r\n0\r\n\r\n'),
  'a chunk size with a sign': post(['Transfer-Encoding: chunked'], '+1\r\nx\r\n0\r\n\r\n'),
  'a chunk size beyond 64 bits': post(
    ['Transfer-Encoding: chunked'],
    '10000000000000001\r\nx\r\n0\r\n\r\n',
  ),
  'bare LF behind a chunk size': post(['Transfer-Encoding: chunked'], '1\nx\r\n0\r\n\r\n'),
  'bare LF in a chunk extension': post(['Transfer-Encoding: chunked'], '1;a\nb\r\nx\r\n0\r\n\r\n'),
  'a chunk longer than its size': post(['Transfer-Encoding: chunked'], '1\r\nxyz\r\n0\r\n\r\n'),
  'bare LF behind the last chunk': post(['Transfer-Encoding: chunked'], '1\r\nx\r\n0\n\n'),
  'no Host': get(['X: y']),
  'two Host': get(['Host: localhost', 'Host: other']),
  'two spaces in the request line': get(['Host: localhost']).replace(' HTTP', '  HTTP'),
  'a field without a colon': get(['Host: localhost', 'Transfer-Encoding']),
  'a field without a name': get(['Host: localhost', ': chunked']),
  'a lower-case version': get(['Host: localhost']).replace('HTTP', 'http'),
}

/** Milliseconds for the answers. */
const patience = 5000

/** All at once, each on a connection. A message is refused if its one answer is an error and the connection then ends. */
export async function smuggling(attacker: Attacker): Promise<void> {
  const names = Object.keys(messages)
  let at = 0
  const script = async (connection: Http1Connection): Promise<void> => {
    const turn = at++
    const name = names[turn % names.length]!
    await connection.sendText(messages[name]!)
    await connection.sleep(patience)
    if (turn < names.length) attacker.note(verdict(name, connection))
  }
  await attacker.http1(script, names.length)
}

function verdict(name: string, { statuses, ending }: Http1Connection): string {
  const isRefused = statuses.length <= 1 && !statuses[0]?.startsWith('2') && hasEnded(ending)
  return isRefused ? 'refused' : `${takenMessage}${name} (${statuses.join(', ') || 'no answer'})`
}
