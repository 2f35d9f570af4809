/** Certificates for tests, made on the spot: no key is kept in the repository. */
import { generate } from 'selfsigned'

export interface Certificate {
  /** PEM. */
  readonly cert: string
  readonly key: string
}

/** A certificate for `localhost`, 127.0.0.1 and ::1, signed by itself; valid for a day. */
export async function makeCertificate(
  name = 'localhost',
  keyType: 'ec' | 'rsa' = 'ec',
): Promise<Certificate> {
  const now = Date.now()
  const pems = await generate([{ name: 'commonName', value: name }], {
    keyType,
    algorithm: 'sha256',
    // Clocks may differ a little.
    notBeforeDate: new Date(now - 3_600_000),
    notAfterDate: new Date(now + 86_400_000),
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: name },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { cert: pems.cert, key: pems.private }
}
