/** Random streams that can go on differently: from a step of the run on, all of them are those of another seed. */
import type { RandomSource, RandomStream } from '@troupe/core'
import { SeededRandomSource } from '@troupe/core/host'

export class BranchingRandomSource implements RandomSource {
  #source: SeededRandomSource
  readonly #streams = new Map<string, BranchingStream>()

  constructor(seed: number) {
    this.#source = new SeededRandomSource(seed)
  }

  stream(purpose: string): RandomStream {
    let stream = this.#streams.get(purpose)
    if (stream === undefined) {
      stream = new BranchingStream(this.#source.stream(purpose))
      this.#streams.set(purpose, stream)
    }
    return stream
  }

  forget(purpose: string): void {
    this.#streams.delete(purpose)
  }

  /** Every stream, those that are held too, is from now on that of `seed`. */
  branch(seed: number): void {
    this.#source = new SeededRandomSource(seed)
    for (const [purpose, stream] of this.#streams) stream.inner = this.#source.stream(purpose)
  }
}

class BranchingStream implements RandomStream {
  inner: RandomStream

  constructor(inner: RandomStream) {
    this.inner = inner
  }

  int(bound: number): number {
    return this.inner.int(bound)
  }

  float(): number {
    return this.inner.float()
  }

  chance(probability: number): boolean {
    return this.inner.chance(probability)
  }

  pick<Item>(items: readonly Item[]): Item {
    return this.inner.pick(items)
  }
}
