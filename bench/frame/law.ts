/** How a cost grows with a size: `base + slope * f(size)`. */
export type Law = {
  readonly name: 'constant' | 'logarithmic' | 'linear'
  readonly base: number
  /** For each doubling where it is logarithmic, for each one more where it is linear; 0 where it is constant. */
  readonly slope: number
  /** The share of the differences that it explains, from 0 to 1; 1 where there are none to explain. */
  readonly explained: number
}

/** Costs at some sizes. */
export type Points = readonly (readonly [size: number, cost: number])[]

/** What differs by less than this much from the least, all along, is taken for constant: machines are not more exact. */
const CONSTANT_WITHIN = 1.25

const SHAPES = [
  ['logarithmic', Math.log2],
  ['linear', (size: number) => size],
] as const

/**
 * The law that fits best, by least squares: the sum of the squares of what it leaves over is the least. Costs that hardly
 * differ, or do not grow, are constant. Throws for fewer than two different sizes, by which no growth is seen.
 */
export function lawOf(points: Points): Law {
  if (new Set(points.map(([size]) => size)).size < 2) throw new Error('two sizes at least tell how a cost grows')
  const costs = points.map(([, cost]) => cost)
  const constant: Law = { name: 'constant', base: mean(costs), slope: 0, explained: 1 }
  if (Math.max(...costs) <= CONSTANT_WITHIN * Math.min(...costs)) return constant
  const [best] = SHAPES.map(([name, shape]) => fitted(name, points, shape))
    .filter(({ slope }) => slope > 0)
    .sort((a, b) => b.explained - a.explained)
  return best ?? { ...constant, explained: 0 }
}

/** The law in words, with a cost's unit: `12.3 + 0.45 for each doubling`. */
export function lawWords({ name, base, slope }: Law, digits = 3): string {
  const number = (value: number) => String(Number(value.toPrecision(digits)))
  if (name === 'constant') return `constant, ${number(base)}`
  const each = name === 'linear' ? 'for each' : 'for each doubling'
  return `${name}, ${number(base)} and ${number(slope)} ${each}`
}

function fitted(name: 'logarithmic' | 'linear', points: Points, shape: (size: number) => number): Law {
  const at = points.map(([size]) => shape(size))
  const costs = points.map(([, cost]) => cost)
  const [middle, cost] = [mean(at), mean(costs)]
  const spread = sum(at.map((x) => (x - middle) ** 2))
  const slope = sum(at.map((x, n) => (x - middle) * ((costs[n] ?? 0) - cost))) / spread
  const base = cost - slope * middle
  const left = sum(at.map((x, n) => ((costs[n] ?? 0) - base - slope * x) ** 2))
  return { name, base, slope, explained: 1 - left / sum(costs.map((each) => (each - cost) ** 2)) }
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
