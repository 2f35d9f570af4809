import type { Address } from '../../transport/transport.ts'

const mapped = '::ffff:'

/** The IPv4 form of an IPv4-mapped address, so that every runtime gives an IPv4 client's address in the same form. */
export function makeAddress(host: string | undefined, port: number | undefined): Address {
  let name = host ?? ''
  if (name.startsWith(mapped) && name.includes('.')) name = name.slice(mapped.length)
  return { host: name, port: port ?? 0 }
}
