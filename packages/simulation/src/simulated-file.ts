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
  | {
      readonly kind: 'write'
      readonly offset: number
      readonly length: number
      /** `undefined` while they are in the cached image as they were written. */
      bytes: Uint8Array | undefined
      abandoned: boolean
    }
  | { readonly kind: 'truncate'; readonly length: number }

/** One file: its cached image, its unsynced changes, and its image on the medium. */
export class SimulatedFile {
  /** What reads see. */
  readonly cached: FileImage
  /** The image on the medium; `undefined` while it is the first part of the cached one, as in a file that only grows. */
  #medium: FileImage | undefined
  #mediumLength: number
  /** True once the two differ in more than what is unsynced. */
  #differs = false
  /** Whether the directory entry is on the medium. */
  #exists: boolean
  /** Few at a time: most are synced one by one, and a list that is made of one takes no more room than that. */
  #unsynced: Change[] = noChanges

  /** Takes possession of `image`, which `exists` on the medium, or is that of a file that is created. */
  constructor(image: FileImage, exists: boolean) {
    this.#exists = exists
    this.cached = image
    this.#mediumLength = image.length
  }

  write(offset: number, bytes: Uint8Array): void {
    const isAppended = offset >= this.cached.length
    if (!isAppended) this.#part()
    this.cached.write(offset, bytes)
    const { length } = bytes
    const own = isAppended ? undefined : bytes.slice()
    this.#note({ kind: 'write', offset, length, bytes: own, abandoned: false })
  }

  truncate(length: number): void {
    this.#part()
    this.cached.truncate(length)
    this.#note({ kind: 'truncate', length })
  }

  #note(change: Change): void {
    if (this.#unsynced.length === 0) this.#unsynced = [change]
    else this.#unsynced.push(change)
  }

  sync(): void {
    if (this.#medium !== undefined) this.#syncMedium(this.#medium)
    else this.#mediumLength = this.cached.length
    this.#unsynced = noChanges
    this.#exists = true
  }

  #syncMedium(medium: FileImage): void {
    for (const change of this.#unsynced) {
      if (change.kind === 'truncate') medium.truncate(change.length)
      else if (!change.abandoned) medium.write(change.offset, this.#bytesOf(change))
    }
    if (this.#differs) return
    this.#medium = undefined
    this.#mediumLength = this.cached.length
  }

  #bytesOf({ offset, length, bytes }: Change & { kind: 'write' }): Uint8Array {
    return bytes ?? this.cached.view(offset, length)
  }

  /** Before what is there is changed: the medium gets an image of its own, and so do the unsynced writes. */
  #part(): FileImage {
    for (const change of this.#unsynced) {
      if (change.kind === 'write') change.bytes ??= this.cached.view(change.offset, change.length).slice()
    }
    this.#medium ??= this.cached.copy(this.#mediumLength, new FileImage())
    return this.#medium
  }

  /**
   * A sync that fails as on Linux: writes that could not reach the medium are marked clean. Reads go on seeing them, no
   * later sync writes them, a crash loses them.
   */
  failSync(random: RandomStream): void {
    this.#part()
    for (const change of this.#unsynced) {
      if (change.kind !== 'write' || !random.chance(0.5)) continue
      change.abandoned = true
      this.#differs = true
    }
  }

  /** The power goes: what is left of the file, `undefined` when not even its name. It is not used any more. */
  crash(
    images: SpareImages,
    random: RandomStream,
    tears: () => RandomStream | undefined,
    seen: (outcome: CrashOutcome, offset: number) => void,
  ): SimulatedFile | undefined {
    if (!this.#exists && random.chance(0.5)) {
      this.leave(images)
      return undefined
    }
    this.#exists = true
    if (this.#unsynced.length === 0 && this.#medium === undefined) return this
    const medium = this.#medium ?? this.cached.copy(this.#mediumLength, images.take())
    for (const change of this.#unsynced) {
      if (change.kind === 'truncate') {
        if (random.chance(0.5)) medium.truncate(change.length)
        continue
      }
      let outcome: CrashOutcome = random.chance(0.5) ? 'lost' : 'kept'
      const torn = change.abandoned ? undefined : tears()
      if (change.abandoned) outcome = 'lost'
      else if (torn !== undefined) outcome = 'torn'
      if (torn !== undefined) tear(medium, change.offset, this.#bytesOf(change), torn)
      else if (outcome === 'kept') medium.write(change.offset, this.#bytesOf(change))
      else if (random.chance(0.25)) medium.extend(change.offset + change.length)
      seen(outcome, change.offset)
    }
    images.give(this.cached)
    return new SimulatedFile(medium, true)
  }

  /** The file is removed. */
  leave(images: SpareImages): void {
    images.give(this.cached)
    if (this.#medium !== undefined) images.give(this.#medium)
  }

  /** Flips one bit of the byte at `offset`, on the medium and in the cache. */
  rot(offset: number, bit: number): void {
    if (this.#unsynced.length > 0) this.#differs = true
    this.#part().flip(offset, bit)
    this.cached.flip(offset, bit)
  }
}

/** Writes some of the sectors. */
function tear(medium: FileImage, offset: number, bytes: Uint8Array, random: RandomStream): void {
  const end = offset + bytes.length
  for (let from = offset; from < end; ) {
    const to = Math.min(end, from - (from % SECTOR_BYTES) + SECTOR_BYTES)
    if (random.chance(0.5)) medium.write(from, bytes.subarray(from - offset, to - offset))
    from = to
  }
}

/** What is not synced of most files. */
const noChanges: Change[] = []

/** What a buffer has room for at first, and how many times as much each time that it grows: a journal's segment grows once. */
const bytesMin = 10 * SECTOR_BYTES
const growth = 4

/** A file's bytes, in a buffer that grows. */
export class FileImage {
  #bytes = new Uint8Array(bytesMin)
  length = 0

  /** The bytes that it has room for without growing. */
  get room(): number {
    return this.#bytes.length
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(Math.min(offset, this.length), Math.min(offset + length, this.length))
  }

  /** The bytes that are there until they are changed. */
  view(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + length)
  }

  /** Makes an image of the first `length` bytes out of `image`, which is empty. */
  copy(length: number, image: FileImage): FileImage {
    image.write(0, this.#bytes.subarray(0, length))
    return image
  }

  /** Makes it empty, and keeps the room. */
  clear(): void {
    this.#bytes.fill(0, 0, this.length)
    this.length = 0
  }

  write(offset: number, bytes: Uint8Array): void {
    this.extend(offset + bytes.length)
    this.#bytes.set(bytes, offset)
  }

  /** Makes the file at least this long, by zeros. */
  extend(length: number): void {
    if (length > this.#bytes.length) {
      const before = this.#bytes
      this.#bytes = new Uint8Array(Math.max(length, before.length * growth))
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

/** Images that are kept, and the bytes that one of them has room for. */
const sparesMax = 16
const spareBytesMax = 64 * 1024

/** Images of files that are gone, for files that come: what grew to the size of a segment need not grow again. */
export class SpareImages {
  readonly #images: FileImage[] = []

  /** An empty image. */
  take(): FileImage {
    return this.#images.pop() ?? new FileImage()
  }

  /** Nobody has `image` any more. */
  give(image: FileImage): void {
    if (this.#images.length === sparesMax || image.room > spareBytesMax) return
    image.clear()
    this.#images.push(image)
  }
}
