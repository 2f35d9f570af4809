import { codeOf } from './errors.ts'

/** Listens on both families, or on IPv4 where the system has no IPv6; Node does the same by itself. */
export function onAllInterfaces<T>(listen: (host: string) => T): T {
  try {
    return listen('::')
  } catch (error) {
    const code = codeOf(error)
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL' && code !== 'EINVAL') throw error
    return listen('0.0.0.0')
  }
}
