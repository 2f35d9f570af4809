import type { TlsOptions } from '../../transport/transport.ts'

/** What belongs to the names of `certificates`, such as a context of TLS. */
export class ServerNames<Value> {
  readonly #values: ReadonlyMap<string, Value>

  /** `make`: makes a value of the options of a listener that has one of the certificates instead of its own. */
  constructor(tls: TlsOptions, make: (tls: TlsOptions) => Value) {
    const { certificates = [], passphrase: _, ...shared } = tls
    this.#values = new Map(
      certificates.map(({ serverName, ...own }) => [serverName, make({ ...shared, ...own })]),
    )
  }

  /** `asked`: the name that a client asks for (RFC 6066 §3). `undefined`: no certificate is for it. */
  find(asked: string): Value | undefined {
    const name = asked.toLowerCase()
    const dot = name.indexOf('.')
    return this.#values.get(name) ?? (dot < 0 ? undefined : this.#values.get(`*${name.slice(dot)}`))
  }
}
