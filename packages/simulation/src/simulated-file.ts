/**
 * One file of a simulated disk, as two images: what reads see (the operating system's cache), and what is on the medium
 * and outlasts a loss of power. Between the two stand the changes that no sync has covered, in order; when the power
 * goes, each of them is lost, kept or torn on its own, so that a later one may survive an earlier one.
 */
import type { RandomStream } from '@troupe/core'

/** What a disk writes at once or not at all, in bytes. */
export const SECTOR_BYTES = 512

/** What became of one unsynced change when the power went. */
export type CrashOutcome = 'lost' | 'kept' | 'torn'

type Change =
  | { readonly kind: 'write'; readonly offset: number; readonly bytes: Uint8Array; abandoned: boolean }
  | { readonly kind: 'truncate'; readonly length: number }

/** One file: its cached image, its unsynced changes, and its image on the medium. */
export class SimulatedFile {
  /** What reads see. */
  readonly cached = new FileImage()
  readonly #medium: FileImage
  /** Whether the directory entry is on the medium. */
  #exists: boolean
  #unsynced: Change[] = []

  constructor(medium?: FileImage) {
    this.#exists = medium !== undefined
    this.#medium = medium ?? new FileImage()
    this.cached.write(0, this.#medium.read(0, this.#medium.length))
  }

  write(offset: number, bytes: Uint8Array): void {
    this.cached.write(offset, bytes)
    this.#unsynced.push({ kind: 'write', offset, bytes: bytes.slice(), abandoned: false })
  }

  truncate(length: number): void {
    this.cached.truncate(length)
    this.#unsynced.push({ kind: 'truncate', length })
  }

  sync(): void {
    for (const change of this.#unsynced) {
      if (change.kind === 'truncate') this.#medium.truncate(change.length)
      else if (!change.abandoned) this.#medium.write(change.offset, change.bytes)
    }
    this.#unsynced = []
    this.#exists = true
  }

  /**
   * A sync that fails as on Linux: writes that could not reach the medium are marked clean. Reads go on seeing them, no
   * later sync writes them, a crash loses them.
   */
  failSync(random: RandomStream): void {
    for (const change of this.#unsynced) {
      if (change.kind === 'write' && random.chance(0.5)) change.abandoned = true
    }
  }

  /** The power goes: what is left of the file, `undefined` when not even its name. */
  crash(
    random: RandomStream,
    tears: () => RandomStream | undefined,
    seen: (outcome: CrashOutcome, offset: number) => void,
  ): SimulatedFile | undefined {
    if (!this.#exists && random.chance(0.5)) return undefined
    for (const change of this.#unsynced) {
      if (change.kind === 'truncate') {
        if (random.chance(0.5)) this.#medium.truncate(change.length)
        continue
      }
      let outcome: CrashOutcome = random.chance(0.5) ? 'lost' : 'kept'
      const torn = change.abandoned ? undefined : tears()
      if (change.abandoned) outcome = 'lost'
      else if (torn !== undefined) outcome = 'torn'
      if (torn !== undefined) this.#tear(change.offset, change.bytes, torn)
      else if (outcome === 'kept') this.#medium.write(change.offset, change.bytes)
      else if (random.chance(0.25)) this.#medium.extend(change.offset + change.bytes.length)
      seen(outcome, change.offset)
    }
    return new SimulatedFile(this.#medium)
  }

  /** Flips one bit of the byte at `offset`, on the medium and in the cache. */
  rot(offset: number, bit: number): void {
    this.#medium.flip(offset, bit)
    this.cached.flip(offset, bit)
  }

  #tear(offset: number, bytes: Uint8Array, random: RandomStream): void {
    const end = offset + bytes.length
    for (let from = offset; from < end; ) {
      const to = Math.min(end, from - (from % SECTOR_BYTES) + SECTOR_BYTES)
      if (random.chance(0.5)) this.#medium.write(from, bytes.subarray(from - offset, to - offset))
      from = to
    }
  }
}

/** A file's bytes, in a buffer that doubles. */
export class FileImage {
  #bytes = new Uint8Array(SECTOR_BYTES)
  length = 0

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(Math.min(offset, this.length), Math.min(offset + length, this.length))
  }

  write(offset: number, bytes: Uint8Array): void {
    this.extend(offset + bytes.length)
    this.#bytes.set(bytes, offset)
  }

  /** Makes the file at least this long, by zeros. */
  extend(length: number): void {
    if (length > this.#bytes.length) {
      const before = this.#bytes
      this.#bytes = new Uint8Array(Math.max(length, before.length * 2))
      this.#bytes.set(before)
    }
    this.length = Math.max(this.length, length)
  }

  truncate(length: number): void {
    if (length < this.length) this.#bytes.fill(0, length, this.length)
    else this.extend(length)
    this.length = length
  }

  flip(offset: number, bit: number): void {
    if (offset < this.length) this.#bytes[offset]! ^= 1 << bit
  }
}
