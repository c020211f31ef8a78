/**
 * Delivery: what reaches whom on a node. Messages go into mailboxes, or to the transport when they are for another node; what
 * finds nobody becomes a dead letter, and its asker is told.
 */
import type { ActorCell } from './actor-cell.ts'
import { Ref, ReplyToken } from './actor-ref.ts'
import { AskCycles, askCyclesAfterMsDefault } from './ask-cycles.ts'
import { refusalError } from './ask-errors.ts'
import { type AnswerAsker, type AskEnded, AskTable, type RejectFor } from './ask-table.ts'
import { CellTable } from './cell-table.ts'
import type { DeathWatch } from './death-watch.ts'
import type { DeadLetter, DeadLetterReason } from './effects.ts'
import { Envelope, EnvelopeKind } from './envelope.ts'
import { decodeError, type ErrorData, encodeError } from './errors.ts'
import { checkFrame } from './frame-check.ts'
import type { KernelPorts } from './kernel-ports.ts'
import type { Links } from './links.ts'
import { type Member, Membership } from './membership.ts'
import type { MessageMode } from './message-value.ts'
import type { PendingAsk } from './pending-ask.ts'
import type { Refusal } from './ports/transport.ts'
import { ReplyDuties } from './reply-duties.ts'
import { TurnLoop } from './turn-loop.ts'
import { scopeOf } from './turn-scopes.ts'
import { type Frame, FrameKind } from './wire.ts'

export abstract class Delivery extends TurnLoop {
  readonly node: string
  readonly epoch: number
  /** A token of this node, of no ask: see {@link Envelope.asker}. */
  readonly home: ReplyToken
  readonly asks: AskTable
  readonly duties: ReplyDuties
  protected readonly askCycles: AskCycles
  readonly cells: CellTable
  /** The nodes that are up. */
  readonly membership: Membership
  /** The root of this node's actors. */
  abstract readonly guardian: ActorCell
  protected abstract readonly deathWatch: DeathWatch
  protected abstract readonly links: Links
  readonly messages: MessageMode
  /** The name that was looked up last, and whose it is. */
  #lastName = ''
  #named: ActorCell | undefined
  /** True while a tell within the node is put into a mailbox as it is: nobody copies, freezes, counts or traces it. */
  protected tellsPlainly: boolean

  constructor(ports: KernelPorts) {
    super(ports)
    this.node = ports.node
    this.epoch = ports.epoch
    this.home = new ReplyToken(ports.node, ports.epoch, 0)
    this.messages = ports.messages
    this.tellsPlainly =
      ports.messages === 'shared' && this.metrics === undefined && this.deliver === Delivery.prototype.deliver
    this.cells = new CellTable(ports.node, ports.epoch)
    this.membership = new Membership(ports)
    const { askObserver } = ports
    this.asks = new AskTable({
      clock: ports.clock,
      isObserved: () => this.metrics !== undefined || (askObserver !== undefined && askObserver.isWatching !== false),
      onEnded: this.#askEnded,
      onOpened: this.#askOpened,
      rejectFor: this.rejectFor,
      answer: this.answer,
    })
    const { node, epoch, clock } = ports
    this.duties = new ReplyDuties({ node, epoch, asks: this.asks })
    this.askCycles = new AskCycles({
      node,
      epoch,
      clock,
      asks: this.asks,
      afterMs: ports.askCyclesAfterMs ?? askCyclesAfterMsDefault,
      lookup: (ref) => this.lookup(ref),
      send: (node, frame) => this.send(node, frame),
    })
  }

  /** Rejects a promise that `from` waits for, or the outside, in whoever's turn that happens: it is theirs. */
  readonly rejectFor: RejectFor = (from, reject) => {
    const { scopes } = this.ports
    if (scopes === undefined) reject()
    else scopes.run(from === undefined ? undefined : scopeOf(this, from), reject)
  }

  /** The living actor that `ref` means on this node. */
  lookup(ref: Ref): ActorCell | undefined {
    const { name } = ref
    if (name === undefined) return this.cells.find(ref)
    // A node mostly hears for the same of its names; a cell that is no more is not in its slot.
    const last = this.#named
    if (last !== undefined && name === this.#lastName && this.cells.at(last.ref.slot) === last) return last
    return this.#lookupNamed(name)
  }

  #lookupNamed(name: string): ActorCell | undefined {
    // Names that begin with @ are the runtime's own.
    if (name.startsWith('@')) return this.systemActor(name)
    const cell = this.guardian.names?.get(name)
    this.#lastName = name
    this.#named = cell
    return cell
  }

  /** An actor of the runtime itself, by its name. */
  protected abstract systemActor(name: string): ActorCell | undefined

  /** Delivers a message on this node. */
  deliver(to: Ref, name: string, payload: unknown, sender: Ref | undefined, replyTo: ReplyToken | undefined): void {
    const cell = this.alive ? (this.cells.own(to) ?? this.lookup(to)) : undefined
    if (cell === undefined) {
      this.undeliverable(to, name, payload, sender, replyTo, this.alive ? 'no-such-actor' : 'node-down')
      return
    }
    const { mailbox } = cell
    if (mailbox.length < mailbox.limit && this.metrics === undefined) {
      if (replyTo === undefined) mailbox.pushMessage(name, payload, sender)
      else mailbox.pushAsk(name, payload, sender, replyTo, replyTo.askId)
    } else this.#putIn(cell, to, new Envelope(EnvelopeKind.message, name, payload, sender, replyTo))
    if (!cell.scheduled) this.schedule(cell)
  }

  /** {@link deliver} of a message that is an envelope already, which nobody uses again. */
  protected deliverEnvelope(to: Ref, envelope: Envelope): void {
    const cell = this.alive ? (this.cells.own(to) ?? this.lookup(to)) : undefined
    if (cell === undefined) {
      const { name, payload, sender, replyTo } = envelope
      this.undeliverable(to, name, payload, sender, replyTo, this.alive ? 'no-such-actor' : 'node-down')
      return
    }
    this.#putIn(cell, to, envelope)
    if (!cell.scheduled) this.schedule(cell)
  }

  #putIn(cell: ActorCell, to: Ref, envelope: Envelope): void {
    const { mailbox } = cell
    if (this.metrics !== undefined) this.metrics.stamp(envelope)
    if (mailbox.hasRoom) mailbox.push(envelope)
    else this.#overflow(cell, to, envelope, undefined)
  }

  /** Delivers a message on this node; the sender waits to hear that the mailbox has taken it. */
  deliverOffer(to: Ref, name: string, payload: unknown, sender: Ref | undefined, offer: ReplyToken): void {
    const cell = this.alive ? this.lookup(to) : undefined
    if (cell === undefined) {
      this.undeliverable(to, name, payload, sender, offer, this.alive ? 'no-such-actor' : 'node-down')
      return
    }
    const { mailbox } = cell
    const envelope = new Envelope(EnvelopeKind.message, name, payload, sender, undefined)
    if (this.metrics !== undefined) this.metrics.stamp(envelope)
    if (mailbox.hasRoom) {
      mailbox.push(envelope)
      this.accept(offer)
    } else this.#overflow(cell, to, envelope, offer)
    if (!cell.scheduled) this.schedule(cell)
  }

  /** A message comes to a full mailbox. */
  #overflow({ mailbox }: ActorCell, to: Ref, envelope: Envelope, offer: ReplyToken | undefined): void {
    const { overflow } = mailbox
    const waits =
      offer === undefined
        ? overflow === 'backpressure' && envelope.replyTo !== undefined
        : overflow === 'backpressure' || overflow === 'drop-newest'
    if (waits && mailbox.wait({ envelope, offer })) return
    const dropped = mailbox.displace(envelope)
    if (offer !== undefined && dropped !== envelope) this.accept(offer)
    if (dropped === undefined) return
    const told = dropped === envelope ? (offer ?? envelope.replyTo) : dropped.replyTo
    this.undeliverable(to, dropped.name, dropped.payload, dropped.sender, told, 'overload')
  }

  /** Lets in those who wait for room in the mailbox of `cell`, in order, as far as there is any. */
  protected override admitWaiting(cell: ActorCell): void {
    const { mailbox } = cell
    for (let next = mailbox.nextWaiting(); next !== undefined; next = mailbox.nextWaiting()) {
      const { envelope, offer } = next
      const token = offer ?? (envelope.replyTo as ReplyToken)
      // What nobody waits for any more was refused by that.
      if (this.duties.isGivenUp(cell, token)) continue
      mailbox.push(envelope)
      if (offer !== undefined) this.accept(offer)
    }
  }

  /** Tells the sender of an offered message that it was taken. */
  protected accept(offer: ReplyToken): void {
    if (offer.node === this.node && offer.epoch === this.epoch) this.asks.resolve(offer.askId, undefined, this.node)
    else this.sendReply(offer.node, offer.epoch, offer.askId, undefined)
  }

  /** Puts what must not be dropped into a mailbox, past its bound. */
  enqueue(cell: ActorCell, envelope: Envelope): void {
    if (envelope.kind === EnvelopeKind.stop) cell.stopRequested = true
    cell.mailbox.push(envelope)
    this.schedule(cell)
  }

  protected override isGivenUp(cell: ActorCell, ask: Envelope): boolean {
    if (ask.asker === this.home) return !this.asks.has(ask.askId)
    return this.duties.isGivenUp(cell, ask.replyTo as ReplyToken)
  }

  /** What waited for an actor that is no more, in its mailbox or before it. */
  discardAll(cell: ActorCell): void {
    const { mailbox } = cell
    const { waiting } = mailbox
    for (let envelope = mailbox.shift(); envelope !== undefined; envelope = mailbox.shift()) {
      if (envelope.kind === EnvelopeKind.message) this.#discard(cell, envelope, envelope.replyTo)
    }
    for (let next = waiting?.shift(); next !== undefined; next = waiting?.shift()) {
      this.#discard(cell, next.envelope, next.offer ?? next.envelope.replyTo)
    }
  }

  #discard(cell: ActorCell, { name, payload, sender }: Envelope, told: ReplyToken | undefined): void {
    this.undeliverable(cell.ref, name, payload, sender, told, 'stopped')
  }

  protected undeliverable(
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
    reason: DeadLetterReason,
  ): void {
    this.deadLetter({ to, name, payload, sender, reason })
    if (replyTo !== undefined) this.#refuseAsk(replyTo, refusalError(to, name, reason))
  }

  /** A method of its own: one with a function in it makes room for what that needs at each call. */
  #refuseAsk(replyTo: ReplyToken, error: Error): void {
    if (replyTo.node === this.node && this.ports.afterTurns !== undefined)
      this.ports.afterTurns(() => this.#refuse(replyTo, error))
    else this.#refuse(replyTo, error)
  }

  /** Ends an ask with an error that nobody else has: an asker of this node gets it as it is. */
  #refuse(token: ReplyToken, error: Error): void {
    if (token.node === this.node && token.epoch === this.epoch) this.settleAsk(token.askId, undefined, error)
    else this.sendError(token, error)
  }

  protected deadLetter(letter: DeadLetter): void {
    this.metrics?.deadLetter(letter.reason)
    this.ports.events.emit('deadLetter', letter)
  }

  /** An ask ended whose end is a message of the actor that asked: never dropped, so past the bound of its mailbox. */
  readonly answer: AnswerAsker = (from, name, payload, sender) => {
    const { mailbox } = from
    if (mailbox.policy.keepsAll && this.metrics === undefined) mailbox.pushMessage(name, payload, sender)
    else {
      const kind = mailbox.overflow === 'drop-oldest' ? EnvelopeKind.answer : EnvelopeKind.message
      const envelope = new Envelope(kind, name, payload, sender, undefined)
      this.metrics?.stamp(envelope)
      mailbox.push(envelope)
    }
    if (!from.scheduled) this.schedule(from)
  }

  readonly #askOpened = (ask: PendingAsk): void => {
    if (ask.from !== undefined && ask.onReply === undefined) this.askCycles.asked(ask)
    this.metrics?.askOpened()
    this.ports.askObserver?.askOpened(ask)
  }

  /** Nobody waits for the reply any more: whoever was asked, or deferred it, is to know. */
  readonly #askEnded: AskEnded = (ask, outcome, answeredBy, error) => {
    const { to, askId } = ask
    if (!ask.isOffer) {
      this.metrics?.askEnded(error)
      if (ask.isTold) this.ports.askObserver?.askEnded(ask, error)
    }
    const isGivenUp = outcome === 'given-up'
    if (!isGivenUp && ask.isDeferred) this.duties.releaseOwn(askId)
    if (to.node === this.node) {
      if (isGivenUp) this.duties.withdraw(this.lookup(to), new ReplyToken(this.node, this.epoch, askId))
    } else if (isGivenUp || (answeredBy !== undefined && answeredBy !== to.node)) {
      this.send(to.node, [FrameKind.cancel, to.epoch, to.slot, to.incarnation, to.name, askId, !isGivenUp])
    }
  }

  protected settleAsk(askId: number, value: unknown, error: Error | undefined, answeredBy?: string): void {
    const ended =
      error === undefined ? this.asks.resolve(askId, value, answeredBy) : this.asks.reject(askId, error, answeredBy)
    // An error for an ask that already ended says nothing new; a value that nobody waits for is a dead letter.
    if (error !== undefined && !ended) this.streams.fail(askId, error)
    if (ended || error !== undefined) return
    this.deadLetter({
      to: new Ref(this.node, this.epoch, -1, askId, 'asker'),
      name: 'reply',
      payload: value,
      sender: undefined,
      reason: 'late-reply',
    })
  }

  /** A node is up, and can be reached: placement and the receptionist know of it. */
  nodeUp(node: string, epoch: number): void {
    if (!this.alive || node === this.node || !this.membership.up({ node, epoch })) return
    this.tellReceptionist('memberUp', { node, epoch })
  }

  /** Tells the receptionist of this node, if it was ever needed. */
  protected abstract tellReceptionist(name: 'memberUp' | 'memberDown', member: Member): void

  /** A node of that name died with that epoch: its watchers are told and asks to it fail. */
  nodeDown(node: string, epoch: number, reason: string, error?: Error): void {
    if (!this.alive) return
    this.ports.events.emit('nodeDown', { node, epoch, reason, ...(error === undefined ? {} : { error }) })
    this.duties.nodeDown(node, epoch, this.cells)
    this.deathWatch.nodeDown(node, epoch)
    this.links.nodeDown(node, epoch)
    this.asks.rejectNode(node)
    this.streams.nodeDown(node, epoch)
    if (this.membership.down({ node, epoch })) this.tellReceptionist('memberDown', { node, epoch })
  }

  /** Hands a frame for another node to the transport. Throws a `MalformedFrameError` when the other would refuse it. */
  send(node: string, frame: Frame): Refusal | undefined {
    return this.alive ? this.ports.transport.send(node, checkFrame(frame)) : 'node-down'
  }

  /** True for what stays as it is: most values, where messages are shared. */
  protected isShared(value: unknown): boolean {
    return this.messages === 'shared' && typeof value !== 'function' && typeof value !== 'symbol'
  }

  /** Hands a tell, with an `askId` of -1, or an ask for another node to the transport, as {@link send} does. */
  protected sendMessage(
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    askId: number,
  ): Refusal | undefined {
    if (!this.alive) return 'node-down'
    const { transport } = this.ports
    return transport.sendMessage === undefined
      ? this.#sendMessageFrame(to, name, payload, sender, askId)
      : transport.sendMessage(to, name, payload, sender, askId)
  }

  /** Hands a reply for another node to the transport, as {@link send} does. */
  protected sendReply(node: string, epoch: number, askId: number, value: unknown): void {
    if (!this.alive) return
    const { transport } = this.ports
    if (transport.sendReply === undefined) this.send(node, [FrameKind.reply, epoch, askId, value])
    else transport.sendReply(node, epoch, askId, value)
  }

  #sendMessageFrame(
    to: Ref,
    name: string,
    payload: unknown,
    sender: Ref | undefined,
    askId: number,
  ): Refusal | undefined {
    const { epoch, slot, incarnation } = to
    return this.ports.transport.send(
      to.node,
      checkFrame(
        askId < 0
          ? [FrameKind.tell, epoch, slot, incarnation, to.name, name, payload, sender]
          : [FrameKind.ask, epoch, slot, incarnation, to.name, name, payload, sender, askId],
      ),
    )
  }

  /** Ends an ask with an error, wherever the asker is; `answeredBy` is the node of the actor whose answer it is. */
  sendError(token: ReplyToken, error: unknown, answeredBy?: string): void {
    const data = encodeError(error)
    if (token.node === this.node && token.epoch === this.epoch)
      this.settleAsk(token.askId, undefined, decodeError(data), answeredBy)
    else this.#sendErrorData(token, data)
  }

  #sendErrorData(token: ReplyToken, data: ErrorData): void {
    try {
      this.send(token.node, [FrameKind.replyError, token.epoch, token.askId, data])
    } catch {
      // What the error carries cannot travel; what it says can.
      const { name, message, code } = data
      const plain = { name, message, ...(code === undefined ? {} : { code }) }
      this.send(token.node, [FrameKind.replyError, token.epoch, token.askId, plain])
    }
  }
}
