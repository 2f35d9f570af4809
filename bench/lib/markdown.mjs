// Markdown as text, with columns that are aligned.

export function markdownTable(columns, rows) {
  const lines = [columns, ...rows].map((row) => row.map((cell) => String(cell)))
  const widths = columns.map((_, i) => Math.max(3, ...lines.map((row) => row[i].length)))
  const line = (row) => `| ${row.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(lines[0]), rule, ...lines.slice(1).map(line)].join('\n')
}
