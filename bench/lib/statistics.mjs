// Medians and spreads. Five to ten samples allow no finer statistics.

export function median(values) {
  if (values.length === 0) return NaN
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** `{ median, least, most, spread }`; `spread`: the distance from least to most in parts of the median. */
export function summary(values) {
  const least = Math.min(...values)
  const most = Math.max(...values)
  const middle = median(values)
  return { median: middle, least, most, spread: (most - least) / middle, samples: values }
}

/** The value that a share `part` of `sorted` does not exceed. */
export function percentile(sorted, part) {
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * part) - 1)]
}
