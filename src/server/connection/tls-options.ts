import { HTTPError } from '../../common/errors.ts'
import { checkTextOrBytes, invalidArgument } from '../../common/arguments.ts'
import { checkNames, resolveBoolean } from '../../common/option-table.ts'
import type { TlsOptions, TlsVersion } from '../../transport/transport.ts'

const names: readonly (keyof TlsOptions)[] = [
  'cert',
  'key',
  'ca',
  'passphrase',
  'requestCert',
  'rejectUnauthorized',
  'ciphers',
  'minVersion',
  'maxVersion',
]
const versions: readonly unknown[] = ['TLSv1.2', 'TLSv1.3'] satisfies TlsVersion[]

/** Checks TLS options, and decodes bytes to strings; `null`: cleartext. Throws `ERR_INVALID_ARGUMENT`. */
export function resolveTls(given: TlsOptions | null | undefined): TlsOptions | null {
  if (given === undefined || given === null) return null
  checkNames('tls', given, names)
  const { cert, key, ca, passphrase, requestCert, rejectUnauthorized } = given
  const { ciphers, minVersion, maxVersion } = given
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
    ...(ciphers === undefined ? {} : { ciphers: suites(ciphers) }),
    ...resolveVersions(minVersion, maxVersion),
  }
}

function resolveVersions(
  minVersion: unknown,
  maxVersion: unknown,
): Pick<TlsOptions, 'minVersion' | 'maxVersion'> {
  if (minVersion === 'TLSv1.3' && maxVersion === 'TLSv1.2') {
    throw invalidArgument('tls.maxVersion', 'at least tls.minVersion, TLSv1.3', maxVersion)
  }
  return {
    ...(minVersion === undefined ? {} : { minVersion: version('tls.minVersion', minVersion) }),
    ...(maxVersion === undefined ? {} : { maxVersion: version('tls.maxVersion', maxVersion) }),
  }
}

function version(name: string, given: unknown): TlsVersion {
  if (versions.includes(given)) return given as TlsVersion
  throw invalidArgument(name, 'TLSv1.2 or TLSv1.3, which HTTP/2 is for (RFC 9113 §9.2)', given)
}

function pem(name: string, given: unknown): string {
  if (given === undefined) {
    throw new HTTPError(
      'ERR_INVALID_ARGUMENT',
      `${name} is missing: TLS takes cert and key, both in PEM`,
    )
  }
  // `readFileSync` without an encoding returns bytes.
  const bytes = checkTextOrBytes(name, given)
  const decoded = typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)
  // Node would listen without a certificate, and refuse every client.
  if (decoded.trim() === '') throw invalidArgument(name, 'a text in PEM', decoded)
  return decoded
}

function suites(given: unknown): string {
  if (text('tls.ciphers', given).trim() !== '') return given as string
  throw invalidArgument('tls.ciphers', 'names of cipher suites with colons between', given)
}

function text(name: string, given: unknown): string {
  if (typeof given === 'string') return given
  throw invalidArgument(name, 'a string', given)
}
