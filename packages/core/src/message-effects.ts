/** The effects that send, carried out at once: tells, asks, sends, replies, streams, and what is sent on. */
import type { ActorCell } from './actor-cell.ts'
import { type Ref, ReplyToken, refKey } from './actor-ref.ts'
import { askTimeoutMsDefault } from './ask-options.ts'
import type { LogFields, LogLevel } from './context.ts'
import type { Deferral } from './deferrals.ts'
import { type Envelope, tokenOf } from './envelope.ts'
import { SystemStoppedError } from './errors.ts'
import { FrameReceiver } from './frame-receiver.ts'
import { prepareMessage } from './message-value.ts'
import type { OutgoingStream, StreamOutput } from './outgoing-stream.ts'
import type { AnswerNames } from './pending-ask.ts'
import { type Frame, FrameKind } from './wire.ts'

/** A message whose sender waits: for the reply, or until the mailbox has taken it. */
type RequestKind = 'ask' | 'offer'

export abstract class MessageEffects extends FrameReceiver {
  abstract log(from: ActorCell, level: LogLevel, message: string, fields?: LogFields): void

  tell(from: ActorCell | undefined, to: Ref, name: string, payload: unknown): void {
    const cell = this.cells.own(to)
    if (cell !== undefined && this.tellsPlainly && typeof payload !== 'function' && typeof payload !== 'symbol') {
      const { mailbox } = cell
      if (mailbox.length < mailbox.limit) {
        mailbox.pushMessage(name, payload, from === undefined ? undefined : from.ref)
        if (!cell.scheduled) this.schedule(cell)
        return
      }
    }
    this.#tellRarely(from, to, name, payload)
  }

  #tellRarely(from: ActorCell | undefined, to: Ref, name: string, payload: unknown): void {
    if (to.node === this.node) {
      const value = this.isShared(payload) ? payload : this.prepare(payload, name, to, from)
      this.deliver(to, name, value, from?.ref, undefined)
    } else this.#tellAway(from?.ref, to, name, payload)
  }

  /** A tell to an actor of another node. */
  #tellAway(sender: Ref | undefined, to: Ref, name: string, payload: unknown): void {
    const refusal = this.sendMessage(to, name, payload, sender, -1)
    if (refusal !== undefined) this.undeliverable(to, name, payload, sender, undefined, refusal)
  }

  tellEarly(from: ActorCell, to: Ref, name: string, payload: unknown): void {
    this.tell(from, to, name, payload)
  }

  ask(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs = askTimeoutMsDefault,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const cell = this.cells.own(to)
    const isPlain = this.tellsPlainly && typeof payload !== 'function' && typeof payload !== 'symbol'
    if (cell !== undefined && isPlain && signal === undefined && cell.mailbox.length < cell.mailbox.limit) {
      const { askId, promise } = this.asks.open(from, to, name, timeoutMs)
      cell.mailbox.pushAsk(name, payload, from?.ref, this.home, askId)
      if (!cell.scheduled) this.schedule(cell)
      return promise
    }
    return this.#request('ask', from, to, name, payload, timeoutMs, signal)
  }

  askThen(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    names: AnswerNames,
    signal?: AbortSignal,
  ): void {
    const cell = this.cells.own(to)
    if (cell !== undefined && this.tellsPlainly && typeof payload !== 'function' && typeof payload !== 'symbol') {
      const { mailbox } = cell
      if (mailbox.length < mailbox.limit) {
        const askId = this.asks.openThen(from, to, name, timeoutMs, names, signal, true)
        if (askId < 0) return
        mailbox.pushAsk(name, payload, from.ref, this.home, askId)
        if (!cell.scheduled) this.schedule(cell)
        return
      }
    }
    this.#askThenRarely(from, to, name, payload, timeoutMs, names, signal)
  }

  #askThenRarely(
    from: ActorCell,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    names: AnswerNames,
    signal: AbortSignal | undefined,
  ): void {
    if (!this.alive) return
    // What cannot be sent is refused before there is an ask.
    const value = to.node === this.node ? this.prepare(payload, name, to, from) : payload
    const askId = this.asks.openThen(from, to, name, timeoutMs, names, signal, false)
    if (askId < 0) return
    if (to.node === this.node) {
      this.deliver(to, name, value, from.ref, new ReplyToken(this.node, this.epoch, askId))
      return
    }
    try {
      const refusal = this.sendMessage(to, name, value, from.ref, askId)
      if (refusal === undefined) return
      this.undeliverable(to, name, value, from.ref, new ReplyToken(this.node, this.epoch, askId), refusal)
    } catch (error) {
      this.asks.takeBack(askId, error as Error)
      throw error
    }
  }

  offer(
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs = askTimeoutMsDefault,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#request('offer', from, to, name, payload, timeoutMs, signal) as Promise<void>
  }

  #request(
    kind: RequestKind,
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (!this.alive) {
      const verb = kind === 'ask' ? 'ask' : 'send'
      return Promise.reject(new SystemStoppedError(`${verb} ${name}: node ${this.node} has ended`))
    }
    const { askId, promise } = this.asks.open(from, to, name, timeoutMs, signal, kind === 'offer')
    if (signal?.aborted) return promise
    try {
      this.sendRequest(kind, from, to, name, payload, askId)
    } catch (error) {
      this.asks.reject(askId, error as Error)
    }
    return promise
  }

  /** Sends the message of an ask or a send that was opened in `asks`. */
  sendRequest(
    kind: RequestKind,
    from: ActorCell | undefined,
    to: Ref,
    name: string,
    payload: unknown,
    askId: number,
  ): void {
    const sender = from?.ref
    const token = new ReplyToken(this.node, this.epoch, askId)
    if (to.node === this.node) {
      const value = this.prepare(payload, name, to, from)
      if (kind === 'ask') this.deliver(to, name, value, sender, token)
      else this.deliverOffer(to, name, value, sender, token)
      return
    }
    const refusal =
      kind === 'ask'
        ? this.sendMessage(to, name, payload, sender, askId)
        : this.send(to.node, [
            FrameKind.offer,
            to.epoch,
            to.slot,
            to.incarnation,
            to.name,
            name,
            payload,
            sender,
            askId,
          ])
    if (refusal !== undefined) this.undeliverable(to, name, payload, sender, token, refusal)
  }

  defer(from: ActorCell, token: ReplyToken): Deferral {
    return this.duties.defer(from, token)
  }

  reply(from: ActorCell, token: ReplyToken, value: unknown): void {
    if (token.node === this.node && token.epoch === this.epoch) {
      // With the ask ends who owes its reply.
      this.settleAsk(token.askId, this.prepareReply(value, from), undefined, this.node)
      return
    }
    this.sendReply(token.node, token.epoch, token.askId, value)
    this.duties.release(token)
  }

  replyToAsk(from: ActorCell, { asker, askId }: Envelope, value: unknown): void {
    if (asker === this.home && this.isShared(value)) this.settleAsk(askId, value, undefined, this.node)
    else if (asker !== undefined) this.reply(from, tokenOf(asker, askId), value)
  }

  replyError(_from: ActorCell, token: ReplyToken, error: unknown): void {
    this.duties.release(token)
    this.sendError(token, error, this.node)
  }

  openStream(from: ActorCell, envelope: Envelope, iterable: AsyncIterable<unknown>): void {
    const stream = this.beginStream(from, envelope, iterable)
    if (stream !== undefined) this.streams.sendOpen(stream)
  }

  /** {@link openStream} up to telling the consumer: `undefined` when there is none, or no room. */
  beginStream(from: ActorCell, envelope: Envelope, iterable: AsyncIterable<unknown>): OutgoingStream | undefined {
    if (envelope.replyTo !== undefined) return this.streams.open(from, envelope, iterable)
    this.log(from, 'warn', `${envelope.name} answers with a stream and was not asked: its body does not run`)
    return undefined
  }

  streamed(from: ActorCell, stream: OutgoingStream, result: IteratorResult<unknown>): void {
    const output = this.streamOutput(from, stream, result)
    if (output !== undefined) this.sendStreamOutput(stream.token, output)
    stream.pullNext()
  }

  /** What a pull lets out, as this node's message mode wants it. */
  streamOutput(from: ActorCell, stream: OutgoingStream, result: IteratorResult<unknown>): StreamOutput | undefined {
    const output = stream.pulled(result)
    if (stream.closed) this.streams.close(stream)
    return output?.kind === 'item' ? { ...output, value: this.prepareReply(output.value, from) } : output
  }

  sendStreamOutput(token: ReplyToken, output: StreamOutput): void {
    this.streams.sendOutput(token, output)
  }

  forward(from: ActorCell, to: Ref, envelope: Envelope): void {
    const { name, payload, sender, replyTo } = envelope
    if (replyTo !== undefined) {
      this.duties.release(replyTo)
      this.askCycles.forwarded(replyTo, from.ref, to)
    }
    if (to.node === this.node) {
      this.deliver(to, name, this.prepare(payload, name, to, from), sender, replyTo)
      return
    }
    const { epoch, slot, incarnation } = to
    const frame: Frame =
      replyTo === undefined
        ? [FrameKind.tell, epoch, slot, incarnation, to.name, name, payload, sender]
        : [FrameKind.forward, epoch, slot, incarnation, to.name, name, payload, sender, replyTo]
    const refusal = this.send(to.node, frame)
    if (refusal !== undefined) this.undeliverable(to, name, payload, sender, replyTo, refusal)
  }

  /** The payload as this node's message mode wants it, for an effect that is held before it is sent. */
  prepare(payload: unknown, name: string, to: Ref, from: ActorCell | undefined): unknown {
    if (this.isShared(payload) || isPrimitive(payload)) return payload
    return this.#prepareObject(payload, name, to, from)
  }

  // Methods of their own: one with a function in it makes room for what that needs at each call.

  #prepareObject(payload: unknown, name: string, to: Ref, from: ActorCell | undefined): unknown {
    return prepareMessage(payload, this.messages, () => describeSend(name, to, from))
  }

  #prepareObjectOfReply(value: unknown, from: ActorCell): unknown {
    return prepareMessage(value, this.messages, () => `the reply of ${from.path()}`)
  }

  /** The reply as this node's message mode wants it. */
  prepareReply(value: unknown, from: ActorCell): unknown {
    return this.isShared(value) || isPrimitive(value) ? value : this.#prepareObjectOfReply(value, from)
  }
}

/** True for what is a value by itself, and needs no copy. */
function isPrimitive(value: unknown): boolean {
  const type = typeof value
  return type === 'string' || type === 'number' || value === undefined || value === null || type === 'boolean'
}

/** The message, its receiver and its sender, for an error's text. */
function describeSend(name: string, to: Ref, from: ActorCell | undefined): string {
  return `message ${name} to ${refKey(to)}${from === undefined ? '' : ` from ${from.path()}`}`
}
