/** The memory of a soak as SVG. */
import type { Sample, SoakResult } from './soak.ts'

const width = 720
const height = 320
const margin = { left: 56, right: 120, top: 28, bottom: 40 }
const inner = {
  width: width - margin.left - margin.right,
  height: height - margin.top - margin.bottom,
}
const mebibyte = 1024 * 1024

interface Curve {
  readonly name: string
  readonly color: string
  readonly of: (sample: Sample) => number
}

const curves: readonly Curve[] = [
  { name: 'resident', color: '#1f6feb', of: ({ resident }) => resident },
  { name: 'heap', color: '#cf7d12', of: ({ heapUsed }) => heapUsed },
  { name: 'outside the heap', color: '#8250df', of: ({ external }) => external },
  { name: 'linear memory', color: '#2da44e', of: ({ linear }) => linear },
]

/** Round steps, at most six. */
function stepOf(most: number): number {
  for (let power = 1; ; power *= 10) {
    const step = [1, 2, 5].map((digit) => digit * power).find((size) => most / size <= 6)
    if (step !== undefined) return step
  }
}

function ticks(most: number): number[] {
  const step = stepOf(most)
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step)
}

export function plot({ runtime, samples, minutes }: SoakResult): string {
  const most = Math.max(...samples.map(({ resident }) => resident)) / mebibyte
  const top = Math.ceil((most * 1.05) / stepOf(most)) * stepOf(most)
  const x = (minute: number): number => margin.left + (minute / minutes) * inner.width
  const y = (mebibytes: number): number => margin.top + (1 - mebibytes / top) * inner.height
  const point = (sample: Sample, curve: Curve): string =>
    `${x(sample.seconds / 60).toFixed(1)},${y(curve.of(sample) / mebibyte).toFixed(1)}`

  const across = ticks(top).map((value) => {
    const at = y(value).toFixed(1)
    const [from, to] = [margin.left, margin.left + inner.width]
    return `<path d="M${from} ${at}H${to}" stroke="#d0d7de"/>
<text x="${from - 8}" y="${at}" dy="4" text-anchor="end">${value}</text>`
  })
  const along = ticks(minutes).map((value) => {
    const at = x(value).toFixed(1)
    return `<text x="${at}" y="${margin.top + inner.height + 18}" text-anchor="middle">${value}</text>`
  })
  const lines = curves.map((curve, i) => {
    const points = samples.map((sample) => point(sample, curve)).join(' ')
    const at = margin.top + 10 + i * 20
    const label = margin.left + inner.width + 12
    return `<polyline points="${points}" fill="none" stroke="${curve.color}" stroke-width="1.5"/>
<text x="${label}" y="${at}" fill="${curve.color}">${curve.name}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#57606a">
<rect width="${width}" height="${height}" fill="#fff"/>
<text x="${margin.left}" y="16" font-weight="bold">${runtime}: MiB by minutes</text>
${[...across, ...along, ...lines].join('\n')}
</svg>
`
}
