/**
 * The log of numbered values in shared memory. One thread appends at a time, under a lock that is held for as long as it
 * takes to read what others appended and to write one entry:
 *
 *     [ table, bytes | text | table, bytes | text | ... ]      control: the lock, and where the log ends
 */
import { CheckerError } from '../checker-error.ts'
import type { LoggedTable, NumberLog } from '../number-log.ts'
import { Control } from './control.ts'

const bytesMin = 1 << 16
/** Reserved, not taken: pages are the system's to give when they are written. */
const bytesMax = 2 ** 31 - 1
const headerBytes = 8
/** Longer than any entry takes to write: who holds the lock then has died. */
const lockMsMax = 60_000
/** Some microseconds. */
const lockTries = 1_000

/** Memory for a log. */
export function logMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(bytesMin, { maxByteLength: bytesMax })
}

export class SharedLog implements NumberLog {
  readonly #control: Int32Array
  readonly #memory: SharedArrayBuffer
  readonly #takers: ((entry: string) => void)[] = []
  /** Entries of tables that were not opened yet. */
  readonly #waiting = new Map<number, string[]>()
  #bytes: Buffer
  /** The end of what was read. */
  #read = 0

  constructor(control: Int32Array, memory: SharedArrayBuffer) {
    this.#control = control
    this.#memory = memory
    this.#bytes = Buffer.from(memory)
  }

  open(take: (entry: string) => void): LoggedTable {
    const table = this.#takers.push(take) - 1
    for (const entry of this.#waiting.get(table) ?? []) take(entry)
    this.#waiting.delete(table)
    return {
      catchUp: () => this.#catchUp(),
      append: (entry, isKnown) => {
        this.#lock()
        try {
          this.#catchUp()
          if (isKnown()) return
          this.#write(table, entry)
          this.#catchUp()
        } finally {
          this.#unlock()
        }
      },
    }
  }

  #catchUp(): void {
    const end = Atomics.load(this.#control, Control.logEnd)
    if (end > this.#bytes.length) this.#bytes = Buffer.from(this.#memory)
    while (this.#read < end) {
      const table = this.#bytes.readUInt32LE(this.#read)
      const from = this.#read + headerBytes
      this.#read = from + this.#bytes.readUInt32LE(from - 4)
      const entry = this.#bytes.toString('utf16le', from, this.#read)
      const take = this.#takers[table]
      if (take !== undefined) take(entry)
      else this.#waiting.set(table, [...(this.#waiting.get(table) ?? []), entry])
    }
  }

  #write(table: number, entry: string): void {
    const start = this.#read
    const end = start + headerBytes + entry.length * 2
    if (end > this.#memory.byteLength) {
      if (end > bytesMax)
        throw new CheckerError('check: more than 2 GB of different local states, messages and networks')
      this.#memory.grow(Math.min(bytesMax, Math.max(end, this.#memory.byteLength * 2)))
    }
    if (end > this.#bytes.length) this.#bytes = Buffer.from(this.#memory)
    this.#bytes.writeUInt32LE(table, start)
    this.#bytes.writeUInt32LE(entry.length * 2, start + 4)
    this.#bytes.write(entry, start + headerBytes, 'utf16le')
    Atomics.store(this.#control, Control.logEnd, end)
  }

  /**
   * As in Drepper's "Futexes are tricky" (2011), section 5: 0 is free, 1 held, 2 held and waited for. It is held for less time
   * than it takes to sleep and be woken, so a thread tries for a while first.
   */
  #lock(): void {
    const control = this.#control
    let before = Atomics.compareExchange(control, Control.logLock, 0, 1)
    for (let tries = 0; before !== 0 && tries < lockTries; tries++) {
      if (Atomics.load(control, Control.logLock) === 0) before = Atomics.compareExchange(control, Control.logLock, 0, 1)
    }
    while (before !== 0) {
      if (before === 2 || Atomics.compareExchange(control, Control.logLock, 1, 2) !== 0) {
        if (Atomics.wait(control, Control.logLock, 2, lockMsMax) === 'timed-out') {
          throw new CheckerError('check: a thread of the search died while it wrote what the others wait for')
        }
      }
      before = Atomics.compareExchange(control, Control.logLock, 0, 2)
    }
  }

  #unlock(): void {
    if (Atomics.exchange(this.#control, Control.logLock, 0) === 2) Atomics.notify(this.#control, Control.logLock, 1)
  }
}
