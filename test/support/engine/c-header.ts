/** Reads what the headers of `wasm/` declare, as far as it crosses the boundary; names come in camel case. */

const withoutComments = (text: string): string => text.replaceAll(/\/\*[^]*?\*\//g, '')

const camel = (name: string): string =>
  name.toLowerCase().replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

/** The words that all names begin with: `NW_EVENT_`. */
function commonPrefix(names: readonly string[]): string {
  const [first = '', ...rest] = names
  // A name by itself has the prefix of its enum: two words.
  if (rest.length === 0) return first.match(/^[^_]+_[^_]+_/)![0]
  const words = first.split('_')
  while (words.length > 0 && !names.every((name) => name.startsWith(`${words.join('_')}_`))) {
    words.pop()
  }
  return `${words.join('_')}_`
}

/** The enumerators of an enum and their values, without their common prefix. */
export function membersOf(header: string, name: string): Record<string, number> {
  const body = withoutComments(header).match(new RegExp(`enum ${name} \\{([^}]*)\\}`))
  if (!body) throw new Error(`no enum ${name}`)
  const declared = [...body[1]!.matchAll(/(\w+)(?:\s*=\s*(\d+))?\s*(?:,|$)/g)]
  const prefix = commonPrefix(declared.map(([, member]) => member!))
  const members: Record<string, number> = {}
  let next = 0
  for (const [, member, value] of declared) {
    const number = value === undefined ? next : Number(value)
    members[camel(member!.slice(prefix.length))] = number
    next = number + 1
  }
  return members
}

/** The fields of a struct of 32-bit words, and the word each begins at; `words`: how many there are. */
export function layoutOf(header: string, name: string): Record<string, number> {
  const body = withoutComments(header).match(new RegExp(`typedef struct \\{([^}]*)\\} ${name};`))
  if (!body) throw new Error(`no struct ${name}`)
  const layout: Record<string, number> = {}
  let word = 0
  for (const [, field, count] of body[1]!.matchAll(/(\w+)(?:\[(\d+)\])?\s*[,;]/g)) {
    layout[camel(field!)] = word
    word += Number(count ?? 1)
  }
  return { ...layout, words: word }
}

/** The macros of "string" words. */
export function wordsOf(header: string): Record<string, number> {
  const macros = header.matchAll(/#define NW_(\w+) (0x[0-9a-f]+)U/g)
  return Object.fromEntries([...macros].map(([, name, value]) => [camel(name!), Number(value)]))
}
