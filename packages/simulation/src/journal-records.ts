/** What the journals of one simulated machine hold, for those who look at a run: noted as the kernel appends and recovers. */
import { Deque, decodeValue, type KernelPorts, NodeJournal, type OnSynced } from '@troupe/core/host'

/** An event as a turn persisted it. */
export interface RecordedEvent {
  readonly name: string
  readonly event: unknown
  /** The version of its shape. */
  readonly version: number
}

/** One record of a durable actor. What lies before its latest synced snapshot is not among them. */
export type JournalRecordView = {
  readonly node: string
  readonly durableId: string
  /** True once a crash cannot take it back. Of unsynced records a crash leaves what the next recovery reads. */
  readonly synced: boolean
} & (
  | { readonly kind: 'events'; readonly events: readonly RecordedEvent[] }
  /** `state`: as the definition's `snapshot` gave it. */
  | { readonly kind: 'snapshot'; readonly state: unknown }
  /** Everything before it is forgotten. */
  | { readonly kind: 'removal' }
)

/** The bytes of a removal. */
const nothing = new Uint8Array()

class Noted {
  // Set by the constructor alone: to set them where they are declared would be one more call.
  declare readonly kind: 'events' | 'snapshot' | 'removal'
  /** Decoded when somebody looks. */
  declare readonly bytes: Uint8Array
  declare synced: boolean

  constructor(kind: Noted['kind'], bytes: Uint8Array, synced: boolean) {
    this.kind = kind
    this.bytes = bytes
    this.synced = synced
  }
}

const isSynced = ({ synced }: Noted): boolean => synced

/** The records of one durable actor. */
class ActorRecords {
  noted: Noted[] = []

  synced(noted: Noted): void {
    noted.synced = true
    if (noted.kind !== 'events') this.noted.splice(0, this.noted.indexOf(noted) + (noted.kind === 'removal' ? 1 : 0))
  }
}

export class JournalRecords {
  readonly #node: string
  readonly #records = new Map<string, ActorRecords>()

  constructor(node: string) {
    this.#node = node
  }

  /** Those of that actor, until the disk is wiped. */
  of(durableId: string): ActorRecords {
    let records = this.#records.get(durableId)
    if (records === undefined) {
      records = new ActorRecords()
      this.#records.set(durableId, records)
    }
    return records
  }

  /** A recovery read all that there is of this id. */
  recovered(
    durableId: string,
    read: readonly { readonly kind: 'events' | 'snapshot'; readonly bytes: Uint8Array }[],
  ): void {
    this.of(durableId).noted = read.map(({ kind, bytes }) => new Noted(kind, bytes, true))
  }

  /** The machine crashed: what was not synced is unknown. */
  crashed(): void {
    for (const records of this.#records.values()) {
      if (!records.noted.every(isSynced)) records.noted = records.noted.filter(isSynced)
    }
  }

  /** The machine got an empty disk. */
  wiped(): void {
    this.#records.clear()
  }

  /** The records of one durable actor, or of all, each actor's in the order of its appends. */
  views(durableId: string | undefined): JournalRecordView[] {
    const ids = durableId === undefined ? [...this.#records.keys()] : [durableId]
    return ids.flatMap((id) => (this.#records.get(id)?.noted ?? []).map((noted) => this.#view(id, noted)))
  }

  #view(durableId: string, { kind, bytes, synced }: Noted): JournalRecordView {
    const facts = { node: this.#node, durableId, synced }
    if (kind === 'removal') return { ...facts, kind }
    if (kind === 'snapshot') return { ...facts, kind, state: (decodeValue(bytes) as [number, unknown])[1] }
    const events = decodeValue(bytes) as [name: string, event: unknown, version?: number][]
    return { ...facts, kind, events: events.map(([name, event, version = 1]) => ({ name, event, version })) }
  }
}

/** What an actor appends while it lives: it is synced in the order of its appends, and told by one function. */
class ActorAppends {
  readonly durableId: string
  readonly onSynced: OnSynced
  readonly #records: ActorRecords
  readonly #unsynced = new Deque<Noted>()

  constructor(durableId: string, records: ActorRecords, onSynced: OnSynced) {
    this.durableId = durableId
    this.#records = records
    this.onSynced = onSynced
  }

  /** Notes what the journal has taken. Nobody changes the bytes any more. */
  note(kind: Noted['kind'], bytes: Uint8Array): void {
    const noted = new Noted(kind, bytes, false)
    this.#records.noted.push(noted)
    this.#unsynced.push(noted)
  }

  readonly synced: OnSynced = (error) => {
    const noted = this.#unsynced.shift()
    if (noted !== undefined && error === undefined) this.#records.synced(noted)
    this.onSynced(error)
  }
}

/** The journal of a kernel, whose records are noted. */
export class ObservedJournal extends NodeJournal {
  readonly #records: JournalRecords
  readonly #appends = new Map<string, ActorAppends>()
  /** Those that were asked for last: most records are of the same actor as the one before. */
  #last: ActorAppends | undefined

  constructor(ports: KernelPorts, records: JournalRecords) {
    super(ports)
    this.#records = records
  }

  override append(durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    const appends = this.#appendsOf(durableId, onSynced)
    super.append(durableId, payload, appends.synced)
    appends.note('events', payload)
  }

  override snapshot(durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    const appends = this.#appendsOf(durableId, onSynced)
    super.snapshot(durableId, payload, appends.synced)
    appends.note('snapshot', payload)
  }

  override remove(durableId: string, onSynced: OnSynced): void {
    const appends = this.#appendsOf(durableId, onSynced)
    super.remove(durableId, appends.synced)
    appends.note('removal', nothing)
  }

  #appendsOf(durableId: string, onSynced: OnSynced): ActorAppends {
    const last = this.#last
    if (last !== undefined && last.onSynced === onSynced && last.durableId === durableId) return last
    let appends = this.#appends.get(durableId)
    if (appends?.onSynced !== onSynced) {
      appends = new ActorAppends(durableId, this.#records.of(durableId), onSynced)
      this.#appends.set(durableId, appends)
    }
    this.#last = appends
    return appends
  }

  override recover(durableId: string, visitor: Parameters<NodeJournal['recover']>[1]): void {
    const read: { kind: 'events' | 'snapshot'; bytes: Uint8Array }[] = []
    super.recover(durableId, {
      snapshot: (bytes) => {
        read.push({ kind: 'snapshot', bytes })
        visitor.snapshot(bytes)
      },
      event: (bytes) => {
        read.push({ kind: 'events', bytes })
        visitor.event(bytes)
      },
      done: (error, result) => {
        if (error === undefined) this.#records.recovered(durableId, read)
        visitor.done(error, result)
      },
    })
  }
}
