/** Recorded turns in files: a length, then the turn as bytes, one after the other. */
import { closeSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigurationError } from '@troupe/core'
import { decodeValue, encodeValue, type RecordedTurn } from '@troupe/core/host'

/** The turns of one node, written as they end: a thread that dies leaves what it wrote. */
export class TurnLog {
  readonly #handle: number

  /** Throws the file system's error when the file cannot be made. */
  constructor(directory: string, node: string, epoch: number) {
    mkdirSync(directory, { recursive: true })
    this.#handle = openSync(join(directory, `${node}.${epoch}.turns`), 'w')
  }

  readonly write = (turn: RecordedTurn): void => {
    const bytes = encodeValue(turn)
    const record = Buffer.alloc(4 + bytes.length)
    record.writeUInt32LE(bytes.length)
    record.set(bytes, 4)
    for (let from = 0; from < record.length; ) from += writeSync(this.#handle, record, from)
  }

  close(): void {
    closeSync(this.#handle)
  }
}

/** The turns in a file that a system with `recordTurns` wrote, in order; one that was being written at a crash is left out. */
export function readTurnLog(file: string): RecordedTurn[] {
  const bytes = readFileSync(file)
  const turns: RecordedTurn[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32LE(at)
    if (end > bytes.length) break
    try {
      turns.push(decodeValue(bytes.subarray(at + 4, end)) as RecordedTurn)
    } catch (cause) {
      throw new ConfigurationError(`${file} is no record of turns, from byte ${at}`, { file, at }, { cause })
    }
    at = end
  }
  return turns
}
