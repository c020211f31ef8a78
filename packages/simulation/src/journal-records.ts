/** What the journals of one simulated machine hold, for those who look at a run: noted as the kernel appends and recovers. */
import { decodeValue, type KernelPorts, NodeJournal } from '@troupe/core/host'

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

class Noted {
  readonly kind: 'events' | 'snapshot' | 'removal'
  /** Decoded when somebody looks. */
  readonly bytes: Uint8Array
  synced: boolean

  constructor(kind: Noted['kind'], bytes: Uint8Array, synced: boolean) {
    this.kind = kind
    this.bytes = bytes
    this.synced = synced
  }
}

const isSynced = ({ synced }: Noted): boolean => synced

export class JournalRecords {
  readonly #node: string
  readonly #records = new Map<string, Noted[]>()

  constructor(node: string) {
    this.#node = node
  }

  /** Notes an append, whose bytes nobody changes any more; {@link synced} is told when it is. */
  appended(durableId: string, kind: Noted['kind'], bytes: Uint8Array): Noted {
    const noted = new Noted(kind, bytes, false)
    const records = this.#records.get(durableId)
    if (records === undefined) this.#records.set(durableId, [noted])
    else records.push(noted)
    return noted
  }

  synced(durableId: string, noted: Noted): void {
    noted.synced = true
    if (noted.kind === 'events') return
    const kept = this.#records.get(durableId) ?? []
    kept.splice(0, kept.indexOf(noted) + (noted.kind === 'removal' ? 1 : 0))
  }

  /** A recovery read all that there is of this id. */
  recovered(
    durableId: string,
    read: readonly { readonly kind: 'events' | 'snapshot'; readonly bytes: Uint8Array }[],
  ): void {
    this.#records.set(
      durableId,
      read.map(({ kind, bytes }) => new Noted(kind, bytes, true)),
    )
  }

  /** The machine crashed: what was not synced is unknown. */
  crashed(): void {
    for (const [durableId, records] of this.#records) {
      if (!records.every(isSynced)) this.#records.set(durableId, records.filter(isSynced))
    }
  }

  /** The machine got an empty disk. */
  wiped(): void {
    this.#records.clear()
  }

  /** The records of one durable actor, or of all, each actor's in the order of its appends. */
  views(durableId: string | undefined): JournalRecordView[] {
    const ids = durableId === undefined ? [...this.#records.keys()] : [durableId]
    return ids.flatMap((id) => (this.#records.get(id) ?? []).map((noted) => this.#view(id, noted)))
  }

  #view(durableId: string, { kind, bytes, synced }: Noted): JournalRecordView {
    const facts = { node: this.#node, durableId, synced }
    if (kind === 'removal') return { ...facts, kind }
    if (kind === 'snapshot') return { ...facts, kind, state: (decodeValue(bytes) as [number, unknown])[1] }
    const events = decodeValue(bytes) as [name: string, event: unknown, version?: number][]
    return { ...facts, kind, events: events.map(([name, event, version = 1]) => ({ name, event, version })) }
  }
}

/** The journal of a kernel, whose records are noted. */
export class ObservedJournal extends NodeJournal {
  readonly #records: JournalRecords

  constructor(ports: KernelPorts, records: JournalRecords) {
    super(ports)
    this.#records = records
  }

  override append(durableId: string, payload: Uint8Array, onSynced: () => void): void {
    super.append(durableId, payload, this.#noted(durableId, 'events', payload, onSynced))
  }

  override snapshot(durableId: string, payload: Uint8Array, onSynced: () => void): void {
    super.snapshot(durableId, payload, this.#noted(durableId, 'snapshot', payload, onSynced))
  }

  override remove(durableId: string, onSynced: () => void): void {
    super.remove(durableId, this.#noted(durableId, 'removal', new Uint8Array(), onSynced))
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

  #noted(durableId: string, kind: Noted['kind'], bytes: Uint8Array, onSynced: () => void): () => void {
    const records = this.#records
    const noted = records.appended(durableId, kind, bytes)
    return () => {
      records.synced(durableId, noted)
      onSynced()
    }
  }
}
