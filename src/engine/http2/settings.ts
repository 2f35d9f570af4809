import { describe, invalidArgument } from '../../common/arguments.ts'
import { HTTPError } from '../../common/errors.ts'
import type { Settings } from '../../common/settings.ts'

type Named = Exclude<keyof Settings, 'other'>

interface Parameter {
  readonly id: number
  readonly name: Named
  readonly least: number
  readonly most: number
  readonly isFlag: boolean
}

const word = 0xffffffff

const parameters: readonly Parameter[] = [
  { id: 0x1, name: 'headerTableSize', least: 0, most: word, isFlag: false },
  { id: 0x2, name: 'enablePush', least: 0, most: 1, isFlag: true },
  { id: 0x3, name: 'maxConcurrentStreams', least: 0, most: word, isFlag: false },
  { id: 0x4, name: 'initialWindowSize', least: 0, most: 0x7fffffff, isFlag: false },
  { id: 0x5, name: 'maxFrameSize', least: 0x4000, most: 0xffffff, isFlag: false },
  { id: 0x6, name: 'maxHeaderListSize', least: 0, most: word, isFlag: false },
  { id: 0x8, name: 'enableConnectProtocol', least: 0, most: 1, isFlag: true },
  { id: 0x9, name: 'noRfc7540Priorities', least: 0, most: 1, isFlag: true },
]

const names = parameters.map(({ name }) => name).join(', ')

/** The identifier of a setting on the wire; throws `ERR_INVALID_ARGUMENT`. */
export function settingId(name: Named): number {
  const parameter = parameters.find((known) => known.name === name)
  if (parameter) return parameter.id
  throw invalidArgument('name', `one of ${names}`, name)
}

/** Identifiers and values in turn; throws `ERR_INVALID_SETTING`, also for a name that is no setting. */
export function settingsToWords(settings: Settings): number[] {
  if (!isBag(settings)) {
    throw invalidSetting(`settings are an object, not ${describe(settings)}`)
  }
  for (const name of Object.keys(settings)) {
    if (name !== 'other' && !parameters.some((known) => known.name === name)) {
      throw invalidSetting(`there is no setting ${describe(name)}: there are ${names} and other`)
    }
  }
  const words: number[] = []
  for (const { id, name, least, most, isFlag } of parameters) {
    const given = settings[name]
    if (given === undefined) continue
    const value = isFlag && typeof given === 'boolean' ? Number(given) : given
    words.push(id, inRange(name, value, least, most))
  }
  const { other = {} } = settings
  if (!isBag(other)) {
    throw invalidSetting(`other settings are an object, not ${describe(other)}`)
  }
  for (const [id, value] of Object.entries(other)) {
    words.push(inRange('identifier', Number(id), 0, 0xffff), inRange(id, value, 0, word))
  }
  return words
}

/** Whether a value is an object other than an array, a Map and the like, whose entries are not properties. */
function isBag(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value)
}

function inRange(name: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) {
    return value as number
  }
  throw invalidSetting(
    `the setting ${name} must be from ${least} to ${most}, it is ${describe(value)}`,
  )
}

function invalidSetting(message: string): HTTPError {
  return new HTTPError('ERR_INVALID_SETTING', `${message} (RFC 9113 §6.5.2)`)
}

/** Words to bytes in the byte order of linear memory. */
export function bytesOf(words: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(words).buffer)
}

/** The reverse: the settings of a SETTINGS frame. */
export function settingsFromWords(words: readonly number[]): Settings {
  const settings: Record<string, number | boolean> = {}
  const other: Record<number, number> = {}
  for (let i = 0; i < words.length; i += 2) {
    const id = words[i]!
    const value = words[i + 1]!
    const parameter = parameters.find((known) => known.id === id)
    if (!parameter) other[id] = value
    else settings[parameter.name] = parameter.isFlag ? value === 1 : value
  }
  return Object.keys(other).length > 0 ? { ...settings, other } : settings
}
