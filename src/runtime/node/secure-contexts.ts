import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import type { TlsOptions } from '../../transport/transport.ts'
import { defaultCiphers } from '../shared/ciphers.ts'
import { certificateError, ciphersError, codeOf } from '../shared/errors.ts'
import { ServerNames } from '../shared/server-names.ts'

/** The certificates of a server: one for each name, and the one for all others. */
export class SecureContexts {
  /** The options of the context for all others. */
  readonly options: SecureContextOptions
  readonly #named: ServerNames<SecureContext>

  /** Throws `ERR_TLS_CERTIFICATE` or `ERR_TLS_OPTION`. */
  constructor(tls: TlsOptions) {
    this.options = contextOptions(tls)
    try {
      createSecureContext(this.options)
      this.#named = new ServerNames(tls, (own) => createSecureContext(contextOptions(own)))
    } catch (error) {
      if (codeOf(error) !== 'ERR_SSL_NO_CIPHER_MATCH') throw certificateError(error)
      throw ciphersError(tls.ciphers!, 'OpenSSL knows none of them', error)
    }
  }

  /** `undefined`: the context for all others. */
  find(serverName: string): SecureContext | undefined {
    return this.#named.find(serverName)
  }
}

function contextOptions(tls: TlsOptions): SecureContextOptions {
  const { requestCert: _, rejectUnauthorized: __, certificates: ___, ...secrets } = tls
  return { ciphers: defaultCiphers, minVersion: 'TLSv1.2', ...secrets }
}
