import { HTTP2Error } from '../engine/errors.ts'
import { checkTextOrBytes, invalidArgument } from '../engine/arguments.ts'
import { checkNames, resolveBoolean } from '../engine/option-table.ts'
import type { TlsOptions } from './transport.ts'

const names: readonly (keyof TlsOptions)[] = [
  'cert',
  'key',
  'ca',
  'passphrase',
  'requestCert',
  'rejectUnauthorized',
]

/** Checks TLS options and makes strings of bytes; `null`: cleartext. Throws `ERR_INVALID_ARGUMENT`. */
export function resolveTls(given: TlsOptions | null | undefined): TlsOptions | null {
  if (given === undefined || given === null) return null
  checkNames('tls', given, names)
  const { cert, key, ca, passphrase, requestCert, rejectUnauthorized } = given
  const wantsCertificate = resolveBoolean('tls.requestCert', requestCert, false)
  return {
    cert: pem('tls.cert', cert),
    key: pem('tls.key', key),
    ...(ca === undefined ? {} : { ca: pem('tls.ca', ca) }),
    ...(passphrase === undefined ? {} : { passphrase: text('tls.passphrase', passphrase) }),
    requestCert: wantsCertificate,
    rejectUnauthorized: resolveBoolean(
      'tls.rejectUnauthorized',
      rejectUnauthorized,
      wantsCertificate,
    ),
  }
}

function pem(name: string, given: unknown): string {
  if (given === undefined) {
    throw new HTTP2Error(
      'ERR_INVALID_ARGUMENT',
      `${name} is missing: TLS takes cert and key, both in PEM`,
    )
  }
  // Bytes as `readFileSync` gives them without an encoding.
  const bytes = checkTextOrBytes(name, given)
  const decoded = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)
  // Node would listen without a certificate, and refuse every client.
  if (decoded.trim() === '') throw invalidArgument(name, 'a text in PEM', decoded)
  return decoded
}

function text(name: string, given: unknown): string {
  if (typeof given === 'string') return given
  throw invalidArgument(name, 'a string', given)
}
