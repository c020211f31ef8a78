/**
 * The streams of a node, both ends. A stream has the number of the ask that it answers, so an error for that ask reaches
 * whichever of the two is there. Frames between the ends:
 *
 *     producer  -> open, item 0, item 1, ... end (or the ask's error) ->  consumer
 *     producer  <-          credit (items in all), cancel             <-  consumer
 */
import type { ActorCell } from './actor-cell.ts'
import { type Ref, ReplyToken, refKey } from './actor-ref.ts'
import { nodeDownError } from './ask-errors.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'
import {
  ActorStoppedError,
  ConfigurationError,
  OverloadError,
  StaleContextError,
  SystemStoppedError,
} from './errors.ts'
import { type IncomingPorts, IncomingStream } from './incoming-stream.ts'
import type { NodeKernel } from './node-kernel.ts'
import { OutgoingStream, type StreamOutput } from './outgoing-stream.ts'
import { tokenKey } from './reply-keys.ts'
import { type Frame, FrameKind } from './wire.ts'

/** Streams that one actor may have open as their producer. */
const streamsMax = 1_000

export class StreamTable {
  readonly #kernel: NodeKernel
  readonly #incoming = new Map<number, IncomingStream>()
  readonly #outgoing = new Map<string, OutgoingStream>()
  readonly #ports: IncomingPorts

  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
    this.#ports = {
      clock: kernel.ports.clock,
      grant: ({ producer, ask }, total) => this.#toProducer(producer, ask.askId, total),
      cancel: ({ producer, ask }) => this.#toProducer(producer, ask.askId, undefined),
      rejectFor: kernel.rejectFor,
      closed: (stream) => this.#forget(stream),
    }
  }

  /** Open streams: those that come in, and those that go out. */
  get size(): { readonly incoming: number; readonly outgoing: number } {
    return { incoming: this.#incoming.size, outgoing: this.#outgoing.size }
  }

  // The producer's end.

  /** A handler answered `asked` with `iterable`: opens the stream, or fails the ask when the actor has too many. */
  open(cell: ActorCell, asked: Envelope, iterable: AsyncIterable<unknown>): OutgoingStream | undefined {
    // A network that doubled the ask: the stream is open already.
    if (this.#outgoing.has(tokenKey(asked.replyTo as ReplyToken))) return undefined
    cell.outgoing ??= new Set()
    if (cell.outgoing.size >= streamsMax) {
      const error = new OverloadError(
        `${cell.path()} has ${streamsMax} streams open; end some before asking ${asked.name}`,
        { actor: cell.path(), message: asked.name },
      )
      this.#kernel.sendError(asked.replyTo as ReplyToken, error)
      return undefined
    }
    const iterator = iterable[Symbol.asyncIterator]()
    const stream = new OutgoingStream(cell, asked, iterator, (opened) => {
      this.#kernel.enqueue(cell, opened.pullEnvelope)
    })
    // An actor that passes on a stream it asked for keeps it as long as its own.
    if (iterable instanceof IncomingStream) iterable.scope = stream
    this.#outgoing.set(tokenKey(stream.token), stream)
    cell.outgoing.add(stream)
    return stream
  }

  /** Nothing more goes out. */
  close(stream: OutgoingStream): void {
    stream.closed = true
    stream.cell.outgoing?.delete(stream)
    const key = tokenKey(stream.token)
    if (this.#outgoing.get(key) === stream) this.#outgoing.delete(key)
  }

  /** Tells the consumer that the stream is open. */
  sendOpen(stream: OutgoingStream): void {
    const { token, cell } = stream
    if (stream.closed) return
    if (this.#isHere(token)) this.opened(token.askId, cell.ref)
    else {
      const refusal = this.#kernel.send(token.node, [FrameKind.streamOpen, token.epoch, token.askId, cell.ref])
      if (refusal !== undefined) this.close(stream)
    }
  }

  /** Tells the consumer of an item or the end; the item is prepared. */
  sendOutput(token: ReplyToken, output: StreamOutput): void {
    const { node, epoch, askId } = token
    if (this.#isHere(token)) {
      if (output.kind === 'item') this.#incoming.get(askId)?.item(output.index, output.value)
      else this.#incoming.get(askId)?.end(output.count)
    } else if (output.kind === 'item') {
      this.#kernel.send(node, [FrameKind.streamItem, epoch, askId, output.index, output.value])
    } else this.#kernel.send(node, [FrameKind.streamEnd, epoch, askId, output.count])
  }

  #credit(token: ReplyToken, total: number): void {
    this.#outgoing.get(tokenKey(token))?.credit(total)
  }

  #cancelled(token: ReplyToken): void {
    const stream = this.#outgoing.get(tokenKey(token))
    if (stream?.cancel()) this.close(stream)
  }

  // The consumer's end.

  /** The ask's answer is a stream of `producer`. When nobody waits for it any more, the producer is told. */
  opened(askId: number, producer: Ref): void {
    const ask = this.#kernel.asks.pending(askId)
    if (ask === undefined) {
      this.#toProducer(producer, askId, undefined)
      return
    }
    const { from, during } = ask
    if (ask.onReply !== undefined) {
      this.#toProducer(producer, askId, undefined)
      const error = new ConfigurationError(
        `${ask.name} of ${refKey(ask.to)} answers with a stream, which belongs to the turn that asks: await ctx.ask instead of ctx.askThen`,
        { message: ask.name, to: refKey(ask.to) },
      )
      this.#kernel.asks.reject(askId, error)
      return
    }
    const stream = new IncomingStream(ask, producer, scopeOf(during), this.#ports)
    this.#incoming.set(askId, stream)
    if (from !== undefined) {
      from.incoming ??= new Set()
      from.incoming.add(stream)
    }
    this.#kernel.asks.resolve(askId, stream)
  }

  /** The producer failed; false when there is no such stream. */
  fail(askId: number, error: Error): boolean {
    const stream = this.#incoming.get(askId)
    stream?.fail(error)
    return stream !== undefined
  }

  #forget(stream: IncomingStream): void {
    this.#incoming.delete(stream.ask.askId)
    stream.ask.from?.incoming?.delete(stream)
  }

  /** Grants credit, or cancels when `total` is undefined. */
  #toProducer(producer: Ref, askId: number, total: number | undefined): void {
    const { node, epoch } = this.#kernel
    if (producer.node === node && producer.epoch === epoch) {
      const token = new ReplyToken(node, epoch, askId)
      if (total === undefined) this.#cancelled(token)
      else this.#credit(token, total)
    } else if (total === undefined) this.#kernel.send(producer.node, [FrameKind.streamCancel, producer.epoch, askId])
    else this.#kernel.send(producer.node, [FrameKind.streamCredit, producer.epoch, askId, total])
  }

  // Both.

  /** A frame of a stream from another node. */
  receive(from: { readonly node: string; readonly epoch: number }, frame: Frame): void {
    const isMine = frame[1] === this.#kernel.epoch
    switch (frame[0]) {
      case FrameKind.streamOpen:
        if (isMine) this.opened(frame[2], frame[3])
        break
      case FrameKind.streamItem:
        if (isMine) this.#incoming.get(frame[2])?.item(frame[3], frame[4])
        break
      case FrameKind.streamEnd:
        if (isMine) this.#incoming.get(frame[2])?.end(frame[3])
        break
      case FrameKind.streamCredit:
        if (isMine) this.#credit(new ReplyToken(from.node, from.epoch, frame[2]), frame[3])
        break
      case FrameKind.streamCancel:
        if (isMine) this.#cancelled(new ReplyToken(from.node, from.epoch, frame[2]))
        break
    }
  }

  /** A turn is over: the streams that it asked for are. Those that a pull asked for live as long as its stream. */
  turnEnded(cell: ActorCell, envelope: Envelope): void {
    if (cell.incoming === undefined) return
    const scope = scopeOf(envelope)
    if (scope instanceof OutgoingStream && !scope.closed) return
    for (const stream of [...cell.incoming]) {
      if (stream.scope !== scope && stream.scope !== undefined) continue
      const message = `${cell.path()}: the turn that asked for stream ${stream.ask.name} is over, and the stream with it`
      stream.cancel(new StaleContextError(message, { actor: cell.path() }))
    }
  }

  /** A generation of an actor is over: its streams end at both ends. */
  dropCell(cell: ActorCell): void {
    for (const stream of [...(cell.outgoing ?? [])]) {
      this.close(stream)
      const message = `${cell.path()} stopped or restarted before its stream ${stream.pullEnvelope.name} ended`
      this.#kernel.sendError(stream.token, new ActorStoppedError(message, { actor: cell.path() }))
    }
    for (const stream of [...(cell.incoming ?? [])]) {
      const message = `${cell.path()} stopped or restarted while it read stream ${stream.ask.name}`
      stream.cancel(new ActorStoppedError(message, { actor: cell.path() }))
    }
  }

  /** A node died: what came from it fails, what went to it is cancelled. */
  nodeDown(node: string, epoch: number): void {
    for (const stream of [...this.#incoming.values()]) {
      const { producer, ask } = stream
      if (producer.node === node) stream.fail(nodeDownError(node, ask.name, producer))
    }
    for (const stream of [...this.#outgoing.values()]) {
      const { token } = stream
      if (token.node === node && token.epoch <= epoch) this.#cancelled(token)
    }
  }

  /** This node ends. */
  halt(reason: string): void {
    for (const stream of [...this.#incoming.values()]) {
      stream.fail(new SystemStoppedError(`stream ${stream.ask.name}: ${reason}`))
    }
    this.#outgoing.clear()
  }

  #isHere({ node, epoch }: ReplyToken): boolean {
    return node === this.#kernel.node && epoch === this.#kernel.epoch
  }
}

/** What the streams that a turn asks for belong to. */
function scopeOf(envelope: Envelope | undefined): object | undefined {
  return envelope?.kind === EnvelopeKind.pull ? (envelope.payload as OutgoingStream) : envelope
}
