import { HTTPError } from '../../common/errors.ts'
import type { Listening, SecureContextOptions, TlsOptions } from '../../transport/transport.ts'
import { replaceContext } from './tls-options.ts'

/** The TLS options of a server, whose certificates may change while it listens. */
export class TlsContext {
  #current: TlsOptions | null
  #listening: Listening | undefined

  /** `null`: cleartext. */
  constructor(tls: TlsOptions | null) {
    this.#current = tls
  }

  get current(): TlsOptions | null {
    return this.#current
  }

  /** `tls`: the options that it listens with. Throws when those of now cannot be used. */
  listensWith(listening: Listening, tls: TlsOptions | null): void {
    this.#listening = listening
    const { current } = this
    if (current && current !== tls) this.#use(current)
  }

  replace(given: SecureContextOptions): void {
    const tls = replaceContext(this.#current, given)
    this.#use(tls)
    this.#current = tls
  }

  #use(tls: TlsOptions): void {
    const listening = this.#listening
    if (!listening) return
    if (!listening.setSecureContext) {
      throw new HTTPError(
        'ERR_TLS_OPTION',
        'this runtime cannot change the certificates of a server',
      )
    }
    listening.setSecureContext(tls)
  }
}
