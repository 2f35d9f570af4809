import { HTTPError } from '../../common/errors.ts'

/** The certificate or the key in `tls` cannot be used: nothing listens. Code `ERR_TLS_CERTIFICATE`. */
export function certificateError(cause: unknown): HTTPError {
  return new HTTPError(
    'ERR_TLS_CERTIFICATE',
    `The certificate cannot be used: ${messageOf(cause)}. ` +
      '`cert` and `key` must be PEM and belong together, and `passphrase` must open the key.',
    { cause },
  )
}

/** This runtime cannot do what a TLS option asks for. Code `ERR_TLS_OPTION`. */
export function tlsOptionError(option: string, runtime: string): HTTPError {
  return new HTTPError(
    'ERR_TLS_OPTION',
    `TLS in ${runtime} has no counterpart of the option \`${option}\`: leave it out, or use another runtime.`,
  )
}

/** This runtime has none of `ciphers`, or offers suites beyond them. Code `ERR_TLS_OPTION`. */
export function ciphersError(ciphers: string, reason: string, cause?: unknown): HTTPError {
  return new HTTPError(
    'ERR_TLS_OPTION',
    `The cipher suites ${ciphers} cannot be had: ${reason}.`,
    cause === undefined ? {} : { cause },
  )
}

/** The client did not negotiate `h2` (RFC 9113 §3.2). Code `ERR_TLS_ALPN`. */
export function alpnError(protocol: string | null, cause?: unknown): HTTPError {
  const instead = protocol ? `, but ${protocol}` : ''
  return new HTTPError(
    'ERR_TLS_ALPN',
    `The client did not negotiate h2 by ALPN${instead}.`,
    cause === undefined ? {} : { cause },
  )
}

/** The handshake failed or the client left before its end. Code `ERR_TLS_HANDSHAKE`. */
export function handshakeError(cause: unknown): HTTPError {
  return new HTTPError('ERR_TLS_HANDSHAKE', `The TLS handshake failed: ${messageOf(cause)}.`, {
    cause,
  })
}

/** Code `ERR_TLS_HANDSHAKE_TIMEOUT`. */
export function handshakeTimeoutError(milliseconds: number): HTTPError {
  return new HTTPError(
    'ERR_TLS_HANDSHAKE_TIMEOUT',
    `The TLS handshake was not done within ${milliseconds} ms.`,
  )
}

/**
 * Nothing listens. An error with a code, and one that does not match `notFound`, is returned as it is. `notFound`: the
 * runtime's message for a host name that does not exist, which becomes an error with the code `ENOTFOUND`.
 */
export function listenError(error: unknown, host: string | null, notFound: RegExp): Error {
  const thrown = asError(error)
  if (codeOf(error) !== '' || !notFound.test(thrown.message)) return thrown
  return new HTTPError('ENOTFOUND', `Nothing can listen on ${host}: ${messageOf(error)}.`, {
    cause: error,
  })
}

/** The file descriptor is no socket that can listen. The code is that of the system, such as `EINVAL`. */
export function descriptorError(fd: number, cause: unknown): HTTPError {
  const code = codeOf(cause) || 'EINVAL'
  return new HTTPError(
    code,
    `No server can listen on the file descriptor ${fd} (${code}): it is to be a TCP socket that is bound, and that the process was started with.`,
    { cause },
  )
}

/** The peer reset the connection, and the system reported no error. */
export function connectionResetError(): HTTPError {
  return new HTTPError('ECONNRESET', 'The connection was reset by the peer.')
}

/** A thrown value, as an `Error`. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown })
}

/** The `code` of an error, `''` when it has none. */
export function codeOf(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null
  return typeof code === 'string' ? code : ''
}

function messageOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause)
  return message.trim().replace(/\.$/, '')
}
