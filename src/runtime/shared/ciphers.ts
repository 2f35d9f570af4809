/** Suites of TLS 1.3 (RFC 8446 §B.4) that the runtimes have. */
export const tls13Suites: readonly string[] = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
]

/** Suites of TLS 1.2 that RFC 9113 §9.2.2 does not forbid: ephemeral keys, AEAD. */
const tls12Suites = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

/** The default of `TlsOptions.ciphers`. */
export const defaultCiphers: string = [...tls13Suites, ...tls12Suites].join(':')
