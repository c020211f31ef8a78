/**
 * A node's kernel under observation: the same kernel as everywhere, telling the trace of its turns and messages.
 */
import type { ReplyToken } from '@troupe/core'
import {
  type ActorCell,
  type Envelope,
  isPrepared,
  type KernelPorts,
  NodeKernel,
  Phase,
  type Ref,
} from '@troupe/core/host'
import type { CellView } from './cell-view.ts'
import type { ChangedCells } from './changed-cells.ts'
import type { Flight } from './flight.ts'
import { type JournalRecords, ObservedJournal } from './journal-records.ts'
import type { Scopes } from './scopes.ts'
import { LocalMessage, OwnWay } from './sent-message.ts'
import type { Trace } from './trace.ts'
import { TraceName } from './trace-words.ts'

/** What a {@link SimulatedKernel} tells its surroundings. */
export interface KernelObserver {
  readonly trace: Trace
  readonly scopes: Scopes
  readonly changedCells: ChangedCells
  /** The program asks; false when it has asked so often since the last step that it must be in a loop. */
  mayAsk(): boolean
  /** A turn of `actor` has come to a fault point. */
  faultPoint(node: string, actor: string, name: string): Promise<void> | undefined
}

/** The path of an actor, as the trace takes it down. */
class ActorName extends TraceName {
  readonly cell: ActorCell
  /** What a view showed of it last. */
  shown: CellView | undefined = undefined

  constructor(cell: ActorCell) {
    super(cell.path(), 'turn')
    this.cell = cell
  }
}

export class SimulatedKernel extends NodeKernel {
  readonly #observer: KernelObserver
  readonly #trace: Trace
  readonly #scopes: Scopes
  readonly #changedCells: ChangedCells
  /** The names of the cells, by their slots. */
  readonly #names: (ActorName | undefined)[] = []
  readonly #ownWay: OwnWay
  readonly #turns: { wake(): void }
  override readonly journal: ObservedJournal
  #receiving = false
  #lastName = ''
  #lastNamed: ActorCell | undefined = undefined

  constructor(ports: KernelPorts, observer: KernelObserver, records: JournalRecords, turns: { wake(): void }) {
    super(ports)
    this.#observer = observer
    this.#trace = observer.trace
    this.#scopes = observer.scopes
    this.#changedCells = observer.changedCells
    this.#turns = turns
    this.#ownWay = new OwnWay(ports.node)
    this.journal = new ObservedJournal(ports, records)
  }

  /** {@link ActorCell.path}, remembered. */
  pathOf(cell: ActorCell): string {
    return this.nameOf(cell).text
  }

  nameOf(cell: ActorCell): ActorName {
    const { slot } = cell.ref
    const name = this.#names[slot]
    if (name?.cell === cell) return name
    const own = new ActorName(cell)
    this.#names[slot] = own
    return own
  }

  protected override turn(cell: ActorCell, envelope: Envelope): void {
    const actor = this.nameOf(cell)
    this.#trace.turn(actor, envelope)
    this.#scopes.enterActor(actor.text)
    super.turn(cell, envelope)
    this.#changedCells.note(cell, this)
    if (cell.phase === Phase.busy || cell.interleaved?.has(envelope)) this.#changedCells.goesOn(cell, this)
  }

  /** What the port does, without a function of its own for each node. */
  protected override wake(): void {
    this.#turns.wake()
  }

  override cellReady(cell: ActorCell): void {
    // The runtime's own actors, at which nobody looks, begin before the rest of this kernel is there.
    if (#observer in this) this.#observer.changedCells.note(cell, this)
  }

  /** Puts a tell from another node into the mailbox that it is for, if that is all there is to do; false otherwise. */
  takes(flight: Flight): boolean {
    const { frame, target, replyTo } = flight
    if (frame !== undefined || replyTo !== undefined || this.metrics !== undefined) return false
    const cell = this.cells.own(target as Ref) ?? this.#cellOf(target as Ref)
    if (cell === undefined) return false
    const { mailbox } = cell
    if (mailbox.length >= mailbox.limit || mailbox.policy.lanes !== undefined) return false
    this.#trace.delivered(flight)
    mailbox.push(flight)
    if (!cell.scheduled) this.schedule(cell)
    return true
  }

  /** The actor of the program that `target` means: most are for the same actor as the one before. */
  #cellOf(target: Ref): ActorCell | undefined {
    const { name } = target
    if (name === undefined) return this.lookup(target)
    const last = this.#lastNamed
    // A name is its actor's as long as that is in the table.
    if (last !== undefined && name === this.#lastName && this.cells.own(last.ref) === last) return last
    if (name.startsWith('@')) return undefined
    this.#lastName = name
    this.#lastNamed = this.lookup(target)
    return this.#lastNamed
  }

  /** What is held back before it leaves is copied as the network would. */
  override prepare(payload: unknown, name: string, to: Ref, from: ActorCell | undefined): unknown {
    if (typeof payload !== 'object' || payload === null || isPrepared(payload)) {
      return super.prepare(payload, name, to, from)
    }
    const { copies, kinds } = this.#trace
    const kind = kinds.of(name)
    // What an actor keeps for itself, as it does its events, is told to nobody else.
    const copied = to === from?.ref ? kind.copy(payload, kind.shapeOf(payload)) : copies.copy(kind, payload, to.node)
    return copied ?? super.prepare(payload, name, to, from)
  }

  /** A frame from another node has arrived; the parts of a tell or an ask were checked where it was sent. */
  hear(flight: Flight): void {
    const { frame, target } = flight
    this.#receiving = true
    try {
      if (frame !== undefined) this.receive(flight, frame)
      else this.deliverEnvelope(target as Ref, flight)
    } finally {
      this.#receiving = false
    }
  }

  override deliver(
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
  ): void {
    // What comes from another node is in the trace as the network's.
    if (this.#receiving) super.deliver(to, name, payload, sender, replyTo)
    else {
      const frame = replyTo === undefined ? 'tell' : 'ask'
      this.deliverEnvelope(to, this.#sendLocally(frame, to, name, payload, sender, replyTo))
    }
  }

  override deliverOffer(to: Ref, name: string, payload: unknown, sender: Ref | undefined, offer: ReplyToken): void {
    if (!this.#receiving) this.#sendLocally('offer', to, name, payload, sender, undefined)
    super.deliverOffer(to, name, payload, sender, offer)
  }

  #sendLocally(
    frame: 'tell' | 'ask' | 'offer',
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
  ): LocalMessage {
    const trace = this.#trace
    const kind = trace.kinds.of(name)
    const message = new LocalMessage(frame, this.#ownWay, to, kind, payload, sender, replyTo)
    trace.sent(message, trace.copies.shapeOf(kind, payload))
    return message
  }

  override ask(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs?: number,
    signal?: AbortSignal,
  ): Promise<unknown> {
    // A program that retries at once what is refused at once would never let virtual time go on: its loop ends here.
    if (from === undefined && !this.#observer.mayAsk()) return new Promise(() => {})
    return super.ask(from, to, name, payload, timeoutMs, signal)
  }

  override offer(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs?: number,
    signal?: AbortSignal,
  ): Promise<void> {
    if (from === undefined && !this.#observer.mayAsk()) return new Promise(() => {})
    return super.offer(from, to, name, payload, timeoutMs, signal)
  }

  override faultPoint(from: ActorCell, name: string): Promise<void> | undefined {
    return this.#observer.faultPoint(this.node, this.pathOf(from), name)
  }
}
