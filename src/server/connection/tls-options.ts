import { HTTPError } from '../../common/errors.ts'
import { checkObject, checkTextOrBytes, invalidArgument } from '../../common/arguments.ts'
import { checkNames, resolveBoolean } from '../../common/option-table.ts'
import type {
  NamedCertificate,
  SecureContextOptions,
  TlsCertificate,
  TlsOptions,
  TlsVersion,
} from '../../transport/transport.ts'

const certificateNames: readonly (keyof TlsCertificate)[] = ['cert', 'key', 'passphrase']
const contextNames: readonly (keyof SecureContextOptions)[] = [
  ...certificateNames,
  'ca',
  'certificates',
]
const names: readonly (keyof TlsOptions)[] = [
  ...contextNames,
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
  const { requestCert, rejectUnauthorized, ciphers, minVersion, maxVersion } = given
  const wantsCertificate = resolveBoolean('tls.requestCert', requestCert, false)
  return {
    ...resolveContext('tls', given),
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

/**
 * The TLS options of a server after `setSecureContext(given)`: `ca` and `certificates` that are not given stay. Throws
 * `ERR_INVALID_ARGUMENT`, and `ERR_INVALID_STATE` for a server without TLS.
 */
export function replaceContext(tls: TlsOptions | null, given: SecureContextOptions): TlsOptions {
  if (!tls) {
    throw new HTTPError(
      'ERR_INVALID_STATE',
      'a server in cleartext has no certificates: make it with tls',
    )
  }
  checkNames('context', checkObject('context', given), contextNames)
  // The passphrase was that of the earlier key.
  const { passphrase: _, ...others } = tls
  return { ...others, ...resolveContext('context', given) }
}

function resolveContext(bag: string, given: SecureContextOptions): SecureContextOptions {
  const { ca, certificates } = given
  return {
    ...resolveCertificate(bag, given),
    ...(ca === undefined ? {} : { ca: pem(`${bag}.ca`, ca) }),
    ...(certificates === undefined ? {} : { certificates: resolveNamed(bag, certificates) }),
  }
}

function resolveCertificate(
  bag: string,
  { cert, key, passphrase }: TlsCertificate,
): TlsCertificate {
  return {
    cert: pem(`${bag}.cert`, cert),
    key: pem(`${bag}.key`, key),
    ...(passphrase === undefined ? {} : { passphrase: text(`${bag}.passphrase`, passphrase) }),
  }
}

function resolveNamed(bag: string, given: unknown): NamedCertificate[] {
  const list = `${bag}.certificates`
  if (!Array.isArray(given)) throw invalidArgument(list, 'an array', given)
  const seen = new Set<string>()
  return given.map((item: NamedCertificate, i) => {
    const name = `${list}[${i}]`
    checkNames(name, checkObject(name, item), [...certificateNames, 'serverName'])
    const serverName = resolveServerName(`${name}.serverName`, item.serverName)
    if (seen.has(serverName)) {
      throw invalidArgument(`${name}.serverName`, 'a name that comes once', item.serverName)
    }
    seen.add(serverName)
    return { serverName, ...resolveCertificate(name, item) }
  })
}

/** In lower case. A name of other letters is asked for, and to be given, in its form in ASCII (RFC 6066 §3). */
function resolveServerName(name: string, given: unknown): string {
  const lower = text(name, given).toLowerCase()
  const isAddress = /^[\d.]+$/.test(lower)
  if (/^(?:\*\.)?[\w-]+(?:\.[\w-]+)*$/.test(lower) && !isAddress) return lower
  throw invalidArgument(name, "a host's name in ASCII, or *. and a name, and no address", given)
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
