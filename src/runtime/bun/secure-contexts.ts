import process from 'node:process'
import type { TlsOptions } from '../../transport/transport.ts'
import { tlsOptionError } from '../shared/errors.ts'
import { ServerNames } from '../shared/server-names.ts'
import { contextError, contextOptions } from './tls-options.ts'
import type { BunContextOptions, BunGlobal, BunListener } from './types.ts'

/** Bun 1.4.2 replaces no context, without a word, and Bun 1.4.3 forgets ALPN in a context that was chosen by name. */
const firstVersion = [1, 4, 4] as const

/** The members of Bun's `node:tls` that this module uses. */
interface BunTls {
  createSecureContext(options: BunContextOptions): { readonly context: object }
  createServer(options: { requestCert: boolean; rejectUnauthorized: boolean }): {
    setSecureContext(options: BunContextOptions): void
  }
}

/** The contexts for the names that clients ask for, and the replacement of all contexts. */
export class BunSecureContexts {
  readonly #bun: BunGlobal
  #named: ServerNames<object>

  /** Throws `ERR_TLS_CERTIFICATE`, and `ERR_TLS_OPTION` where Bun is too old. */
  constructor(bun: BunGlobal, tls: TlsOptions) {
    this.#bun = bun
    if (tls.certificates?.length) this.#checkVersion('certificates')
    this.#named = namedContexts(tls)
  }

  /** `undefined`: the context of the listener. */
  find(serverName: string): object | undefined {
    return this.#named.find(serverName)
  }

  /** Throws as the constructor does; the contexts stay then. */
  replace(listener: BunListener, tls: TlsOptions): void {
    this.#checkVersion('setSecureContext')
    const named = namedContexts(tls)
    const options = contextOptions(tls)
    const { requestCert, rejectUnauthorized } = options
    // `Bun.listen` gives no method for this; a server of `node:tls` has it, for the listener that it holds.
    const server = nodeTls().createServer({ requestCert, rejectUnauthorized })
    Object.assign(server, { _handle: listener })
    try {
      server.setSecureContext(options)
    } catch (error) {
      throw contextError(error, tls) ?? error
    }
    this.#named = named
  }

  #checkVersion(option: string): void {
    const version = this.#bun.version.split('.').map((part) => Number.parseInt(part, 10))
    const different = firstVersion.findIndex((part, i) => part !== version[i])
    if (different < 0 || version[different]! > firstVersion[different]!) return
    throw tlsOptionError(option, `Bun before ${firstVersion.join('.')}`)
  }
}

function namedContexts(tls: TlsOptions): ServerNames<object> {
  try {
    return new ServerNames(tls, (own) => nodeTls().createSecureContext(contextOptions(own)).context)
  } catch (error) {
    throw contextError(error, tls) ?? error
  }
}

/** Loaded on demand: it takes Bun 10 ms. */
function nodeTls(): BunTls {
  return process.getBuiltinModule('node:tls') as unknown as BunTls
}
