import type { TlsOptions } from '../../transport/transport.ts'
import { alpnBytes } from '../shared/alpn.ts'
import { defaultCiphers, tls13Suites } from '../shared/ciphers.ts'
import { asError, certificateError, ciphersError, codeOf } from '../shared/errors.ts'
import type { BunContextOptions, BunTlsOptions } from './types.ts'

const versionNumbers = { 'TLSv1.2': 0x0303, 'TLSv1.3': 0x0304 }

/** The options of `Bun.listen`. */
export function listenerOptions(tls: TlsOptions, offered: readonly string[]): BunTlsOptions {
  const { minVersion, maxVersion, ...others } = contextOptions(tls)
  return {
    ...others,
    minVersion: versionNumbers[minVersion],
    maxVersion: versionNumbers[maxVersion],
    ALPNProtocols: alpnBytes(offered),
  }
}

/** The options of a context of Bun's `node:tls`. */
export function contextOptions(tls: TlsOptions): BunContextOptions {
  const { certificates: _, requestCert = false, rejectUnauthorized = requestCert, ...others } = tls
  const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = tls
  const ciphers = tls12Ciphers(tls.ciphers ?? defaultCiphers)
  return {
    ...others,
    requestCert,
    rejectUnauthorized,
    ciphers: ciphers || tls12Ciphers(defaultCiphers),
    // A list with suites of TLS 1.3 only.
    minVersion: ciphers === '' ? 'TLSv1.3' : minVersion,
    maxVersion,
  }
}

/** The error of this package for one that Bun throws for a context; `null`: it is about something else. */
export function contextError(error: unknown, tls: TlsOptions): Error | null {
  if (asError(error).message.startsWith('Invalid ciphers')) {
    return ciphersError(tls.ciphers!, 'BoringSSL knows none of them', error)
  }
  return /^ERR_(OSSL|SSL)/.test(codeOf(error)) ? certificateError(error) : null
}

/** BoringSSL takes names of suites of TLS 1.2 only, and always offers all suites of TLS 1.3. */
function tls12Ciphers(ciphers: string): string {
  const names = ciphers.split(':')
  const missing = tls13Suites.filter((name) => !names.includes(name))
  if (missing.length > 0 && missing.length < tls13Suites.length) {
    throw ciphersError(ciphers, `Bun has all suites of TLS 1.3, also ${missing.join(' and ')}`)
  }
  return names.filter((name) => !tls13Suites.includes(name)).join(':')
}
