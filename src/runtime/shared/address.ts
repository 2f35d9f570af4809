import type { Address } from '../../transport/transport.ts'

const mapped = '::ffff:'

/** An IPv4 client of a socket that takes both families is told by its IPv4 address on every runtime. */
export function makeAddress(host: string | undefined, port: number | undefined): Address {
  let name = host ?? ''
  if (name.startsWith(mapped) && name.includes('.')) name = name.slice(mapped.length)
  return { host: name, port: port ?? 0 }
}
