/**
 * The simulated disk: one machine's disk with a disk's faults, all of them drawn from one random stream. It can be slow,
 * stall, fail writes and syncs, fill up and rot, and when the machine crashes it loses or tears what was not synced,
 * sector by sector, in any combination.
 *
 *     open() ──> Disk ──> one queue per file ──> SimulatedFile: cached image, unsynced changes, image on the medium
 *                 │ crash()
 *                 └── never calls back again; the next open() shows what outlasted it
 *
 * A write changes the cache when it begins, so that one in flight at a crash is one more unsynced change; a sync makes
 * durable when it ends, so that a crash during it finds everything as unsynced as before. Files are gone through in the order of their creation, so that a run is a function of its seed.
 */
import type { Disk, RandomStream } from '@troupe/core'
import { withoutStack } from '@troupe/core/host'
import { DiskView, type FileQueue, type OperatedDisk, type Operation } from './disk-operations.ts'
import { keep, once } from './link-conditions.ts'
import { type CrashOutcome, SECTOR_BYTES, SimulatedFile, SpareImages } from './simulated-file.ts'

/** How often and how badly a {@link SimulatedDisk} fails. What is left out does not happen. */
export interface DiskFaults {
  /** Every operation takes from `latencyMsMin` to `latencyMsMax` milliseconds; 0 unless told. */
  readonly latencyMsMin?: number
  readonly latencyMsMax?: number
  /** The probability that an operation takes `stallMs` longer. */
  readonly stall?: number
  readonly stallMs?: number
  /** The probability that a write fails with `EIO`, after writing some first part of its bytes. */
  readonly writeFailure?: number
  /**
   * The probability that a sync fails with `EIO`. Some of the writes it was to cover can then be read until the next
   * crash, and are never made durable by a later sync, as on Linux.
   */
  readonly syncFailure?: number
  /** The probability that an unsynced write is torn by a crash; else it is lost or kept whole, each as likely. */
  readonly tornWrite?: number
  /** Bytes that fit on the disk; a write beyond fails with `ENOSPC`. */
  readonly capacityBytes?: number
  /** The probability that a read brings the bytes of another place, as many as there are in the right one. */
  readonly misdirectedRead?: number
}

/** What a {@link SimulatedDisk} works with. */
export interface SimulatedDiskOptions {
  /** Runs `run` after `delayMs` of virtual time, never before the call has returned. */
  readonly schedule: (delayMs: number, run: () => void) => void
  /** The disk's own stream. */
  readonly random: RandomStream
  readonly faults?: DiskFaults
  /** Decides which faults strike. Default: chance, by draws from `random`. */
  readonly decisions?: DiskDecisions
  /** Called for each operation as it begins and for each fault as it is injected, for the trace. */
  readonly observe?: (event: DiskEvent) => void
}

/** Who decides what goes wrong with a {@link SimulatedDisk}. */
export interface DiskDecisions {
  /** Whether a fault strikes that would with this probability; if it does, what its details are drawn from. */
  strikes(fault: InjectedFault, file: string, probability: number): RandomStream | undefined
  /** What is drawn from that comes of a loss of power, or of a full disk. */
  details(of: 'crash' | 'disk full'): RandomStream
}

/** What a program asks of a disk. */
export type DiskOperation = keyof Disk

/** A fault that a {@link SimulatedDisk} injects. */
export type InjectedFault =
  | 'crash'
  | 'stall'
  | 'write failure'
  | 'sync failure'
  | 'disk full'
  | `write ${CrashOutcome}`
  | 'file lost'
  | 'rot'
  | 'wipe'
  | 'misdirected read'

/** Something that happened on a {@link SimulatedDisk}. */
export interface DiskEvent {
  readonly kind: DiskOperation | InjectedFault
  /** Empty for what concerns no single file. */
  readonly file: string
  readonly offset: number
}

/** How a machine stops: `power` loses what was not synced, `process` only what was in flight. */
export type CrashKind = 'power' | 'process'

/** A machine's disk. Make a {@link Disk} of it with {@link open}, once at the start and again after each crash. */
export class SimulatedDisk {
  readonly #options: SimulatedDiskOptions
  readonly #injected = new Map<InjectedFault, number>()
  #files = new Map<string, SimulatedFile>()
  readonly #images = new SpareImages()
  #view: DiskView | undefined
  /** The faults from now on; a run that is to heal sets `{}`. */
  faults: DiskFaults
  #fills = 0
  readonly #decisions: DiskDecisions
  readonly #slowness: number[] = []

  constructor(options: SimulatedDiskOptions) {
    this.#options = options
    this.faults = options.faults ?? {}
    const { random } = options
    this.#decisions = options.decisions ?? {
      strikes: (_fault, _file, probability) => (probability > 0 && random.chance(probability) ? random : undefined),
      details: () => random,
    }
  }

  /** How many faults of each kind were injected so far. */
  get injected(): ReadonlyMap<InjectedFault, number> {
    return this.#injected
  }

  /** The disk as a program sees it. Throws when a view is open already: crash it first, or close it. */
  open(): Disk {
    if (this.#view !== undefined) throw new Error('a simulated disk is opened while it is open')
    const operated: OperatedDisk = {
      asked: (queue, operation) => this.#asked(queue, operation),
      ended: (queue) => this.#ended(queue),
      closed: () => {
        this.#view = undefined
      },
    }
    this.#view = new DiskView(operated)
    return this.#view
  }

  /** The machine stops: operations in flight never call back, and what was not synced is lost, kept or torn. */
  crash(kind: CrashKind = 'power'): void {
    this.#inject({ kind: 'crash', file: '', offset: 0 })
    this.#view = undefined
    if (kind === 'process') return
    const random = this.#decisions.details('crash')
    const survivors = new Map<string, SimulatedFile>()
    for (const [file, before] of this.#files) {
      const tears = () => this.#decisions.strikes('write torn', file, this.faults.tornWrite ?? 0)
      const survivor = before.crash(this.#images, random, tears, (outcome, offset) =>
        this.#inject({ kind: `write ${outcome}`, file, offset }),
      )
      if (survivor === undefined) this.#inject({ kind: 'file lost', file, offset: 0 })
      else survivors.set(file, survivor)
    }
    this.#files = survivors
  }

  /** Flips a random bit of one byte, on the medium too. */
  rot(file: string, offset: number): void {
    this.#inject({ kind: 'rot', file, offset })
    this.#files.get(file)?.rot(offset, this.#options.random.int(8))
  }

  /** Flips one bit somewhere in one of the files; false when there is nothing on the disk. */
  rotSomewhere(random: RandomStream): boolean {
    const files = [...this.#files].filter(([, { cached }]) => cached.length > 0)
    if (files.length === 0) return false
    const [file, found] = random.pick(files)
    const offset = random.int(found.cached.length)
    this.#inject({ kind: 'rot', file, offset })
    found.rot(offset, random.int(8))
    return true
  }

  /** Puts an empty disk in the place of this one, which nobody has open. */
  wipe(): void {
    if (this.#view !== undefined) throw new Error('a simulated disk is wiped while it is open')
    this.#inject({ kind: 'wipe', file: '', offset: 0 })
    this.#files = new Map()
  }

  /** No file can grow, until the function that it returns is called. */
  fill(): () => void {
    this.#fills++
    return once(() => this.#fills--)
  }

  /** Operations take `factor` times as long, until the function that it returns is called. */
  slow(factor: number): () => void {
    return keep(this.#slowness, factor)
  }

  #asked(queue: FileQueue, operation: Operation): void {
    if (this.#view !== queue.view) return
    if (queue.current === undefined) this.#begin(queue, operation)
    else queue.waiting.push(operation)
  }

  /** Begins an operation, which ends after its latency unless the machine has crashed by then. */
  #begin(queue: FileQueue, operation: Operation): void {
    const { file, end } = queue
    const { kind, offset } = operation
    queue.current = operation
    this.#options.observe?.({ kind, file, offset })
    if (operation.changes) operation.result = this.#carryOut(queue, operation)
    this.#options.schedule(this.#latencyMs(file, offset), end)
  }

  /** Ends the operation of that queue that is in flight: the next one of its file begins, then it calls back. */
  #ended(queue: FileQueue): void {
    if (this.#view !== queue.view) return
    const operation = queue.current as Operation
    if (!operation.changes) operation.result = this.#carryOut(queue, operation)
    queue.current = undefined
    if (queue.waiting.length > 0) this.#begin(queue, queue.waiting.shift() as Operation)
    const { result, done } = operation
    if (result instanceof Error) done(result)
    else done(undefined, result)
  }

  /** What an operation does; the error with which it fails. */
  #carryOut(queue: FileQueue, { kind, offset, length, bytes }: Operation): unknown {
    const { file } = queue
    queue.found ??= this.#files.get(file)
    const { found } = queue
    switch (kind) {
      case 'list':
        return [...this.#files.keys()]
      case 'size':
        return found?.cached.length
      case 'read':
        return found === undefined ? noFile(file) : this.#read(file, found, offset, length)
      case 'write':
        return this.#write(queue, offset, bytes as Uint8Array)
      case 'sync':
        return found === undefined ? noFile(file) : this.#sync(file, found)
      case 'truncate':
        return found === undefined ? noFile(file) : found.truncate(offset)
      case 'remove':
        found?.leave(this.#images)
        this.#files.delete(file)
        queue.found = undefined
        return undefined
      case 'close':
        return undefined
    }
  }

  #latencyMs(file: string, offset: number): number {
    const { latencyMsMin = 0, latencyMsMax = latencyMsMin, stall = 0, stallMs = 0 } = this.faults
    // The slowest counts: factors that multiply would outlast every run.
    const slowness = this.#slowness.length === 0 ? 1 : Math.max(1, ...this.#slowness)
    const usualMs = latencyMsMin + this.#options.random.float() * Math.max(0, latencyMsMax - latencyMsMin)
    const drawnMs = slowness * usualMs
    return this.#strikes(stall, 'stall', file, offset) === undefined ? drawnMs : drawnMs + stallMs
  }

  #read(file: string, found: SimulatedFile, offset: number, length: number): Uint8Array {
    const right = found.cached.read(offset, length)
    if (right.length === 0) return right
    const random = this.#strikes(this.faults.misdirectedRead ?? 0, 'misdirected read', file, offset)
    if (random === undefined) return right
    const other = this.#files.get(random.pick([...this.#files.keys()])) as SimulatedFile
    const sectors = Math.ceil(other.cached.length / SECTOR_BYTES)
    const wrong = new Uint8Array(right.length)
    wrong.set(other.cached.read(random.int(sectors + 1) * SECTOR_BYTES + (offset % SECTOR_BYTES), right.length))
    return wrong
  }

  #write(queue: FileQueue, offset: number, bytes: Uint8Array): undefined | Error {
    const { capacityBytes = Number.POSITIVE_INFINITY, writeFailure = 0 } = this.faults
    const { file } = queue
    const found = queue.found ?? this.#create(queue)
    const growth = Math.max(0, offset + bytes.length - found.cached.length)
    const isOver = capacityBytes !== Number.POSITIVE_INFINITY && this.#usedBytes() + growth > capacityBytes
    const full = (this.#fills > 0 && growth > 0) || isOver
    if (full) this.#inject({ kind: 'disk full', file, offset })
    const random = full
      ? this.#decisions.details('disk full')
      : this.#strikes(writeFailure, 'write failure', file, offset)
    if (random === undefined) {
      found.write(offset, bytes)
      return undefined
    }
    const room = full ? Math.max(0, bytes.length - growth) : bytes.length
    found.write(offset, bytes.subarray(0, random.int(room + 1)))
    return full ? diskError('ENOSPC', `no space left for ${file}`) : diskError('EIO', `a write to ${file} failed`)
  }

  #create(queue: FileQueue): SimulatedFile {
    const created = new SimulatedFile(this.#images.take(), false)
    queue.found = created
    this.#files.set(queue.file, created)
    return created
  }

  #sync(file: string, found: SimulatedFile): undefined | Error {
    const random = this.#strikes(this.faults.syncFailure ?? 0, 'sync failure', file, 0)
    if (random !== undefined) {
      found.failSync(random)
      return diskError('EIO', `a sync of ${file} failed`)
    }
    found.sync()
    return undefined
  }

  #usedBytes(): number {
    let bytes = 0
    for (const file of this.#files.values()) bytes += file.cached.length
    return bytes
  }

  #strikes(probability: number, kind: InjectedFault, file: string, offset: number): RandomStream | undefined {
    const details = this.#decisions.strikes(kind, file, probability)
    if (details !== undefined) this.#inject({ kind, file, offset })
    return details
  }

  #inject(fault: DiskEvent & { kind: InjectedFault }): void {
    this.#injected.set(fault.kind, (this.#injected.get(fault.kind) ?? 0) + 1)
    this.#options.observe?.(fault)
  }
}

function noFile(file: string): Error {
  return diskError('ENOENT', `there is no file ${file}`)
}

/** Nobody's code is on the stack when an operation ends. */
function diskError(code: string, message: string): Error {
  return Object.assign(
    withoutStack(() => new Error(message)),
    { code },
  )
}
