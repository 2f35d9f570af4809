/** A table as Markdown, with columns that are aligned. */
export declare function markdownTable(
  columns: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string
