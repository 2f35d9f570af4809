import type { FlatFields } from '../../common/fields.ts'

/** Longer heads are parsed each time. */
const longestHead = 1024
/** A power of two: how many heads are kept. */
const slots = 16
/** Fields whose values are not kept. */
const secrets: ReadonlySet<string> = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** The head of a request that has no body, as it was parsed. */
export interface KnownHead {
  readonly bytes: Uint8Array
  /** The flags of the HEADERS record. */
  readonly flags: number
  readonly fields: FlatFields
}

/**
 * Heads that were parsed, by their bytes. A client sends the same heads again, and equal bytes between two messages
 * have the same meaning. Sessions with the same limits share an object.
 */
export class KnownHeads {
  static readonly #profiles: Map<string, KnownHeads> = new Map()
  readonly #heads: (KnownHead | undefined)[] = Array.from({ length: slots }, () => undefined)

  /** `profile`: all options that decide how a head is parsed. */
  static of(profile: string): KnownHeads {
    let heads = KnownHeads.#profiles.get(profile)
    if (!heads) KnownHeads.#profiles.set(profile, (heads = new KnownHeads()))
    return heads
  }

  /** The head whose bytes are exactly `bytes`. */
  find(bytes: Uint8Array): KnownHead | undefined {
    const head = this.#heads[bytes.length % slots]
    return head && head.bytes.length === bytes.length && beginsWith(bytes, 0, head)
      ? head
      : undefined
  }

  /** Keeps a head and returns it; `undefined`: the head is long or has a secret, and is not kept. */
  add(bytes: Uint8Array, flags: number, fields: FlatFields): KnownHead | undefined {
    if (bytes.length > longestHead) return undefined
    for (let i = 0; i < fields.length; i += 2) if (secrets.has(fields[i]!)) return undefined
    const head = { bytes: Uint8Array.from(bytes), flags, fields }
    this.#heads[bytes.length % slots] = head
    return head
  }
}

/** Whether the bytes from `at` on begin with a head. */
export function beginsWith(bytes: Uint8Array, at: number, { bytes: head }: KnownHead): boolean {
  const { length } = head
  if (bytes.length - at < length) return false
  for (let i = 0; i < length; i++) if (bytes[at + i] !== head[i]) return false
  return true
}
