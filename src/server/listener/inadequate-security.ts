import type { TlsInfo } from '../../transport/transport.ts'

/** Suites of TLS 1.2 with an ephemeral key and AEAD, in the names of OpenSSL and of the RFCs. */
const adequate = /^(?:TLS_)?(?:EC)?DHE[-_].*(?:GCM|CCM|CHACHA20)/

/** Whether HTTP/2 must not be spoken with this cipher suite: RFC 9113 §9.2.2 and Appendix A. */
export function isInadequate({ version, cipher }: TlsInfo): boolean {
  return version === 'TLSv1.2' && cipher !== null && !adequate.test(cipher)
}
