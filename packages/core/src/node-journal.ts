/** The journal of one node as its durable actors use it: opened when first needed, one living actor for each durable id. */
import { ConfigurationError, NameTakenError } from './errors.ts'
import type { Journal, JournalStatistics } from './journal/journal.ts'
import { JournalFailedError } from './journal/journal-errors.ts'
import type { RecoveryVisitor } from './journal/journal-recovery.ts'
import { openJournal } from './journal/open-journal.ts'
import type { OnSynced } from './journal/record-group.ts'
import type { KernelPorts } from './kernel-ports.ts'

export class NodeJournal {
  readonly #ports: KernelPorts
  readonly #claimed = new Set<string>()
  #journal: Journal | undefined
  #openError: Error | undefined
  #waiting: (() => void)[] | undefined
  #failureReported = false

  constructor(ports: KernelPorts) {
    this.#ports = ports
  }

  /** Counts of appends and syncs; `undefined` while no durable actor was started. */
  get statistics(): JournalStatistics | undefined {
    return this.#journal?.statistics
  }

  /** Takes `durableId` for a new actor; throws when the node has no disk or a living actor has the id. */
  claim(durableId: string, definition: string): void {
    if (this.#ports.disk === undefined) {
      throw new ConfigurationError(
        `spawn of ${definition} with durableId ${durableId}: node ${this.#ports.node} has no disk; give the host one (dataDirectory on threads, disk on the local host)`,
        { definition, durableId },
      )
    }
    if (this.#claimed.has(durableId)) {
      throw new NameTakenError(
        `spawn of ${definition}: durableId ${durableId} is in use by a living actor of node ${this.#ports.node}`,
        { definition, durableId },
      )
    }
    this.#claimed.add(durableId)
  }

  release(durableId: string): void {
    this.#claimed.delete(durableId)
  }

  /**
   * Reads an actor's records back. When the disk fails meanwhile the node fails, and the visitor hears no more: the
   * actor is not to be restarted over a journal that cannot be read, it comes back with its node.
   */
  recover(durableId: string, visitor: RecoveryVisitor): void {
    const done: RecoveryVisitor['done'] = (error, result) => {
      if (error instanceof JournalFailedError) this.failed(error)
      else visitor.done(error, result)
    }
    this.#whenOpen(() => {
      if (this.#journal === undefined) done(this.#openError as Parameters<RecoveryVisitor['done']>[0])
      else this.#journal.recover(durableId, { ...visitor, done })
    })
  }

  /** `onSynced` is called once the record is synced, or with an error, which is for {@link failed}. */
  append(durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    this.#opened().append(durableId, payload, onSynced)
  }

  snapshot(durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    this.#opened().snapshot(durableId, payload, onSynced)
  }

  /** Forgets what was appended for this id. */
  remove(durableId: string, onSynced: OnSynced): void {
    this.#opened().remove(durableId, onSynced)
  }

  /** Syncs what was appended and ends the journal; `done` is called once. */
  close(done: () => void): void {
    if (this.#waiting !== undefined) this.#waiting.push(() => this.close(done))
    else if (this.#journal === undefined) done()
    else this.#journal.close(() => done())
  }

  /** The journal has failed, and with it the node. */
  failed(error: Error): void {
    if (this.#failureReported) return
    this.#failureReported = true
    this.#ports.failed(error)
  }

  #opened(): Journal {
    if (this.#journal === undefined) throw new Error('the journal is used before it was opened by a recovery')
    return this.#journal
  }

  #whenOpen(run: () => void): void {
    if (this.#journal !== undefined || this.#openError !== undefined) {
      run()
      return
    }
    if (this.#waiting !== undefined) {
      this.#waiting.push(run)
      return
    }
    this.#waiting = [run]
    const { disk, random, segmentBytesMax, events, node } = this.#ports
    if (disk === undefined) throw new Error('a durable actor on a node without a disk')
    const options = { disk, random: random.stream('journal') }
    openJournal(segmentBytesMax === undefined ? options : { ...options, segmentBytesMax }, (error, journal, report) => {
      this.#journal = journal
      this.#openError = error
      if (report !== undefined) {
        events.emit('journalOpened', { node, records: report.records, tornBytes: report.tornBytes })
      }
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const next of waiting) next()
    })
  }
}
