/**
 * A node's kernel under observation: the same kernel as everywhere, telling the trace of its turns and messages and
 * the scheduler of promises that it settled, which have continuations to run before the next step.
 */
import type { ReplyToken } from '@troupe/core'
import {
  type ActorCell,
  type Envelope,
  EnvelopeKind,
  type Frame,
  FrameKind,
  type KernelPorts,
  NodeKernel,
  Phase,
  type Ref,
  type StreamOutput,
} from '@troupe/core/host'
import { LocalMessage } from './frame-facts.ts'
import { type JournalRecords, ObservedJournal } from './journal-records.ts'
import type { Scopes } from './scopes.ts'
import type { Trace } from './trace.ts'
import { TraceName } from './trace-hash.ts'

/** What a {@link SimulatedKernel} tells its surroundings. */
export interface KernelObserver {
  readonly trace: Trace
  readonly scopes: Scopes
  /** A promise was settled or awaited: microtasks must run before the next step. */
  drain(): void
  /** The program asks; false when it has asked so often since the last step that it must be in a loop. */
  mayAsk(): boolean
  /** A turn of `actor` has come to a fault point. */
  faultPoint(node: string, actor: string, name: string): Promise<void> | undefined
}

export class SimulatedKernel extends NodeKernel {
  readonly #observer: KernelObserver
  readonly #names = new WeakMap<ActorCell, TraceName>()
  readonly #nodeName: TraceName
  override readonly journal: ObservedJournal
  #receiving = false

  constructor(ports: KernelPorts, observer: KernelObserver, records: JournalRecords) {
    super(ports)
    this.#observer = observer
    this.#nodeName = new TraceName(ports.node)
    this.journal = new ObservedJournal(ports, records)
  }

  /** {@link ActorCell.path}, remembered. */
  pathOf(cell: ActorCell): string {
    return this.#nameOf(cell).text
  }

  #nameOf(cell: ActorCell): TraceName {
    let name = this.#names.get(cell)
    if (name === undefined) {
      name = new TraceName(cell.path())
      this.#names.set(cell, name)
    }
    return name
  }

  protected override turn(cell: ActorCell, envelope: Envelope): void {
    const { trace, scopes } = this.#observer
    const actor = this.#nameOf(cell)
    const payload = envelope.kind === EnvelopeKind.pull ? undefined : envelope.payload
    trace.turn(this.#nodeName, actor, cell, envelope, payload)
    scopes.enterActor(actor.text)
    super.turn(cell, envelope)
    if (cell.phase === Phase.busy || cell.interleaved?.has(envelope)) this.#observer.drain()
  }

  override receive(from: { readonly node: string; readonly epoch: number }, frame: Frame): void {
    if (settles(frame)) this.#observer.drain()
    this.#receiving = true
    try {
      super.receive(from, frame)
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
    this.#traceLocal(replyTo === undefined ? 'tell' : 'ask', to, name, payload, sender)
    super.deliver(to, name, payload, sender, replyTo)
  }

  override deliverOffer(to: Ref, name: string, payload: unknown, sender: Ref | undefined, offer: ReplyToken): void {
    this.#traceLocal('offer', to, name, payload, sender)
    super.deliverOffer(to, name, payload, sender, offer)
  }

  protected override accept(offer: ReplyToken): void {
    if (offer.node === this.node) this.#observer.drain()
    super.accept(offer)
  }

  /** What comes from another node is in the trace as the network's. */
  #traceLocal(
    frame: 'tell' | 'ask' | 'offer',
    to: Ref,
    message: string,
    payload: unknown,
    sender: Ref | undefined,
  ): void {
    if (this.#receiving) return
    const name = this.#nodeName
    this.#observer.trace.sent(name, name, new LocalMessage(frame, this.node, to, message, payload, sender))
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

  override reply(from: ActorCell, token: ReplyToken, value: unknown): void {
    if (token.node === this.node) this.#observer.drain()
    super.reply(from, token, value)
  }

  override sendStreamOutput(token: ReplyToken, output: StreamOutput): void {
    if (token.node === this.node) this.#observer.drain()
    super.sendStreamOutput(token, output)
  }

  override sendError(token: ReplyToken, error: unknown, answeredBy?: string): void {
    if (token.node === this.node) this.#observer.drain()
    super.sendError(token, error, answeredBy)
  }

  override faultPoint(from: ActorCell, name: string): Promise<void> | undefined {
    return this.#observer.faultPoint(this.node, this.pathOf(from), name)
  }

  protected override signalAborted(): void {
    this.#observer.drain()
  }
}

/** True for the frames that a promise of this node may wait for. */
function settles(frame: Frame): boolean {
  switch (frame[0]) {
    case FrameKind.reply:
    case FrameKind.replyError:
    case FrameKind.streamOpen:
    case FrameKind.streamItem:
    case FrameKind.streamEnd:
      return true
    default:
      return false
  }
}
