/** The comments of a source file, an entry for each line of a comment; `line` counts from 1. */
export function commentsOf(
  text: string,
  language: 'js' | 'c' | 'sh',
): { line: number; text: string }[]
