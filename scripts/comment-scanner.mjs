// Finds the comments of a source file. The scanner recognizes strings, template literals, regular expressions and
// character literals, in which no comment begins.

/** A `/` after one of these begins a regular expression; after an operand it divides. */
const beforeRegExp = new Set(['', ...'([{}=,;:!&|?+-*%^~<>'])
const keywordsBeforeRegExp =
  /\b(?:return|typeof|case|in|of|void|delete|throw|await|yield|else|do|default)$/

/**
 * The comments of `text`: `[{ line, text }]`, where a comment of several lines has an entry for each. `language`: `js`
 * (TypeScript too), `c` or `sh`.
 */
export function commentsOf(text, language) {
  const comments = []
  const isScript = language === 'js'
  /** For each template literal that is open: the depth of braces in its substitution. */
  const templates = []
  let line = 1
  let at = 0
  /** Recent code without comments and strings; the end decides whether a `/` begins a regular expression. */
  let code = ''

  const skipString = (quote) => {
    at++
    while (at < text.length && text[at] !== quote) {
      if (text[at] === '\\' && !(language === 'sh' && quote === "'")) at++
      if (text[at] === '\n') line++
      at++
    }
    at++
    code += '0'
  }
  const skipTemplate = () => {
    while (at < text.length && text[at] !== '`') {
      if (text[at] === '$' && text[at + 1] === '{') {
        at += 2
        templates.push(0)
        code = ''
        return
      }
      if (text[at] === '\\') at++
      if (text[at] === '\n') line++
      at++
    }
    at++
    code += '0'
  }
  const skipRegExp = () => {
    let isClass = false
    for (at++; at < text.length && text[at] !== '\n'; at++) {
      if (text[at] === '\\') at++
      else if (text[at] === '[') isClass = true
      else if (text[at] === ']') isClass = false
      else if (text[at] === '/' && !isClass) break
    }
    at++
    code += '0'
  }
  const take = (end) => {
    const lines = text.slice(at, end).split('\n')
    for (const [i, part] of lines.entries()) comments.push({ line: line + i, text: part.trim() })
    line += lines.length - 1
    at = end
  }
  const endOf = (mark) => {
    const found = text.indexOf(mark, at)
    return found < 0 ? text.length : found
  }
  const beginsRegExp = () => {
    const before = code.trimEnd()
    return beforeRegExp.has(before.slice(-1)) || keywordsBeforeRegExp.test(before)
  }

  if (isScript && text.startsWith('#!')) at = endOf('\n')
  while (at < text.length) {
    const char = text[at]
    if (char === '\n') line++
    if (language === 'sh') {
      const isStart = at === 0 || /[\s;]/.test(text[at - 1])
      if (char === '#' && isStart) take(endOf('\n'))
      else if (char === '"' || char === "'") skipString(char)
      else at += char === '\\' ? 2 : 1
    } else if (text.startsWith('//', at)) take(endOf('\n'))
    else if (text.startsWith('/*', at)) take(Math.min(text.length, endOf('*/') + 2))
    else if (char === '"' || char === "'") skipString(char)
    else if (isScript && char === '`') {
      at++
      skipTemplate()
    } else if (isScript && char === '/' && beginsRegExp()) skipRegExp()
    else if (isScript && char === '}' && templates.at(-1) === 0) {
      templates.pop()
      at++
      skipTemplate()
    } else {
      if (templates.length > 0 && char === '{') templates[templates.length - 1]++
      if (templates.length > 0 && char === '}') templates[templates.length - 1]--
      code = char === '\n' && code.trim() === '' ? '' : code + char
      if (code.length > 200) code = code.slice(-100)
      at++
    }
  }
  return comments
}
