/** How long frames take: a distribution, checked and drawn from. */
import type { RandomStream } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { exponential } from './fault-knobs.ts'

/** How long a frame takes, in milliseconds: at least `minMs`, and a time with the mean `meanMs` on top. */
export interface NetworkLatency {
  /** From 0. */
  readonly minMs: number
  /** From 0. */
  readonly meanMs: number
  /** How the time on top is distributed. Default `exponential`. */
  readonly distribution?: LatencyDistribution
}

/**
 * `constant`: always the mean. `uniform`: anything up to twice the mean. `exponential`. `lognormal`: with sigma 1, as
 * round trips in a data center look. `pareto`: a heavy tail (shape 2), up to 1,000 times the mean: rare and very late.
 */
export type LatencyDistribution = 'constant' | 'uniform' | 'exponential' | 'lognormal' | 'pareto'

const knownOfLatency: KnownOptions<NetworkLatency> = { minMs: true, meanMs: true, distribution: true }

/** The largest multiple of the mean that a heavy tail gives. */
const tailMax = 1_000

const draws: Readonly<Record<LatencyDistribution, (random: RandomStream, meanMs: number) => number>> = {
  constant: (_random, meanMs) => meanMs,
  uniform: (random, meanMs) => 2 * meanMs * random.float(),
  exponential,
  lognormal: (random, meanMs) => meanMs * Math.exp(normal(random) - 0.5),
  // Lomax: a Pareto distribution that begins at 0.
  pareto: (random, meanMs) => meanMs * Math.min(tailMax, 1 / Math.sqrt(1 - random.float()) - 1),
}

/** How draws are made of a latency. */
export class LatencyDraw {
  readonly #minMs: number
  readonly #meanMs: number
  /** `undefined`: exponential, which is drawn without a call. */
  readonly #draw: ((random: RandomStream, meanMs: number) => number) | undefined

  constructor({ minMs, meanMs, distribution = 'exponential' }: NetworkLatency) {
    this.#minMs = minMs
    this.#meanMs = meanMs
    this.#draw = distribution === 'exponential' ? undefined : draws[distribution]
  }

  /** Draws how long one frame takes, in milliseconds. */
  ms(random: RandomStream): number {
    if (this.#draw === undefined) return this.#minMs - Math.log(1 - random.float()) * this.#meanMs
    return this.#other(random, this.#draw)
  }

  #other(random: RandomStream, draw: (random: RandomStream, meanMs: number) => number): number {
    return this.#minMs + draw(random, this.#meanMs)
  }
}

const noneDrawn = new Float64Array(0)

/** The latencies of one link, one after the other. Several are drawn at once, which is sooner done than one by one. */
export class LinkLatencies {
  readonly #draw: LatencyDraw
  readonly #random: RandomStream
  readonly #atOnce: number
  /** Empty until the first is asked for: many links carry nothing. */
  #drawn = noneDrawn
  /** How many of them are left, the next at the end of those that are gone. */
  #left = 0

  /** `random` is used for nothing else; `atOnce`: 1 where it may go on differently at some step. */
  constructor(draw: LatencyDraw, random: RandomStream, atOnce: number) {
    this.#draw = draw
    this.#random = random
    this.#atOnce = atOnce
  }

  /** How long the next frame takes, in milliseconds. */
  next(): number {
    if (this.#left === 0) this.#drawMore()
    return this.#drawn[this.#atOnce - this.#left--] as number
  }

  #drawMore(): void {
    if (this.#drawn === noneDrawn) this.#drawn = new Float64Array(this.#atOnce)
    const drawn = this.#drawn
    for (let index = 0; index < drawn.length; index++) drawn[index] = this.#draw.ms(this.#random)
    this.#left = drawn.length
  }
}

/** The latency as it was given; throws a `ConfigurationError` when it is malformed. */
export function checkLatency(latency: NetworkLatency): NetworkLatency {
  refuseUnknownOptions('latency', latency, knownOfLatency)
  const { minMs, meanMs, distribution = 'exponential' } = latency
  for (const [option, value] of Object.entries({ minMs, meanMs })) {
    requireOption(Number.isFinite(value) && value >= 0, `latency.${option}`, 'a number of milliseconds from 0', value)
  }
  const known = `one of ${Object.keys(draws).join(', ')}`
  requireOption(Object.hasOwn(draws, distribution), 'latency.distribution', known, distribution)
  return latency
}

/** A draw from the standard normal distribution, by Box and Muller. */
function normal(random: RandomStream): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.float()))
  return radius * Math.cos(2 * Math.PI * random.float())
}
