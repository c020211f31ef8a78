/** What a durable actor lets out, as data: held until it is synced, then carried out by the kernel. */
import type { ActorCell } from './actor-cell.ts'
import type { Ref, ReplyToken } from './actor-ref.ts'
import type { Envelope } from './envelope.ts'
import { lettingOut } from './message-value.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { OutgoingStream, StreamOutput } from './outgoing-stream.ts'
import type { AnswerNames } from './pending-ask.ts'
import { approximateBytes } from './value-size.ts'

/** About what an effect takes beside what it carries. */
const effectBytes = 64

/** One thing that the actor lets out, as data. */
export type HeldEffect =
  | { readonly type: 'tell'; readonly to: Ref; readonly name: string; readonly payload: unknown }
  | {
      readonly type: 'ask' | 'offer'
      readonly to: Ref
      readonly name: string
      readonly payload: unknown
      readonly askId: number
    }
  | {
      readonly type: 'askThen'
      readonly to: Ref
      readonly name: string
      readonly payload: unknown
      readonly timeoutMs: number
      readonly names: AnswerNames
      readonly signal: AbortSignal | undefined
      /** Of the actor that asked: another has not. */
      readonly generation: number
    }
  | { readonly type: 'forward'; readonly to: Ref; readonly envelope: Envelope }
  | { readonly type: 'reply'; readonly token: ReplyToken; readonly value: unknown }
  | { readonly type: 'replyError'; readonly token: ReplyToken; readonly error: unknown }
  | { readonly type: 'openStream'; readonly stream: OutgoingStream }
  | { readonly type: 'stream'; readonly token: ReplyToken; readonly output: StreamOutput }
  | { readonly type: 'activate'; readonly child: ActorCell }
  | { readonly type: 'stop' | 'kill' | 'link' | 'unlink'; readonly ref: Ref }

/** Carries out an effect of `cell`. Throws what is wrong with it. */
export function carryOut(kernel: NodeKernel, cell: ActorCell, effect: HeldEffect): void {
  switch (effect.type) {
    case 'tell':
      if (kernel.messages !== 'shared') lettingOut(effect.payload)
      try {
        kernel.tell(cell, effect.to, effect.name, effect.payload)
      } finally {
        lettingOut(undefined)
      }
      break
    case 'ask':
    case 'offer':
      // Given up meanwhile, it need not be heard of.
      if (kernel.asks.has(effect.askId)) {
        kernel.sendRequest(effect.type, cell, effect.to, effect.name, effect.payload, effect.askId)
      }
      break
    case 'askThen': {
      if (cell.generation !== effect.generation) break
      const { to, name, payload, timeoutMs, names, signal } = effect
      kernel.askThen(cell, to, name, payload, timeoutMs, names, signal)
      break
    }
    case 'forward':
      kernel.forward(cell, effect.to, effect.envelope)
      break
    case 'reply':
      kernel.reply(cell, effect.token, effect.value)
      break
    case 'replyError':
      kernel.replyError(cell, effect.token, effect.error)
      break
    case 'openStream':
      kernel.streams.sendOpen(effect.stream)
      break
    case 'stream':
      kernel.sendStreamOutput(effect.token, effect.output)
      break
    case 'activate':
      kernel.lifecycle.activate(effect.child)
      break
    case 'stop':
      kernel.stop(cell, effect.ref)
      break
    case 'kill':
      kernel.kill(cell, effect.ref)
      break
    case 'link':
      kernel.link(cell, effect.ref)
      break
    case 'unlink':
      kernel.unlink(cell, effect.ref)
      break
  }
}

/** About how many bytes an effect carries. */
export function bytesOf(effect: HeldEffect): number {
  switch (effect.type) {
    case 'tell':
    case 'ask':
    case 'askThen':
    case 'offer':
      return effectBytes + approximateBytes(effect.payload)
    case 'reply':
      return effectBytes + approximateBytes(effect.value)
    case 'forward':
      return effectBytes + approximateBytes(effect.envelope.payload)
    default:
      return effectBytes
  }
}
