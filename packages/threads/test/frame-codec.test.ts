/** The codec of nodes: heads are sent once, follow one another in their slots, and are checked at both ends. */
import { MalformedFrameError, NotSendableError } from '@troupe/core'
import { type Frame, FrameKind, frameOf, Ref, WireMessage, WireReply } from '@troupe/core/host'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createEncoding, ENCODING_START, EncodeError, FrameError } from '../src/channel/index.ts'
import { Tag } from '../src/channel/message-format.ts'
import { FrameCodec } from '../src/frame-codec.ts'
import '../src/value-extensions.ts'

const isMessage = 2
const isNew = 4
const isAsk = 8
const isReply = 16

function messageOf(to: Ref, name: string, payload: unknown, sender?: Ref, askId = -1): WireMessage {
  const message = new WireMessage(to)
  return Object.assign(message, { name, payload, sender, askId })
}

/** Both ends of a channel to `node`: what arrives for what is sent, and how many bytes that took. */
function pair(node = 'right') {
  const [here, there] = [new FrameCodec(node), new FrameCodec(node)]
  const pass = (value: unknown) => {
    const encoding = createEncoding()
    here.encode(value, encoding)
    const { bytes, end, handles } = encoding
    const received = there.decode({ bytes, start: ENCODING_START, end, bulk: bytes, bulkStart: 0, bulkEnd: 0, handles })
    const frame = asFrame(received)
    return { received, frame, length: end - ENCODING_START }
  }
  return { here, there, pass }
}

function asFrame(value: unknown): unknown {
  if (value instanceof WireReply) return [FrameKind.reply, value.epoch, value.askId, value.payload]
  return value instanceof WireMessage ? frameOf(value) : value
}

function decode(...bytes: number[]): unknown {
  const all = Uint8Array.from(bytes)
  return new FrameCodec('right').decode({
    bytes: all,
    start: 0,
    end: all.length,
    bulk: all,
    bulkStart: 0,
    bulkEnd: 0,
    handles: [],
  })
}

const text = (value: string) => [Tag.latin1, value.length, ...Buffer.from(value)]
/** A head as it is defined: epoch, slot, incarnation, name, message, sender. */
const head = [0, 5, 7, Tag.undefined, ...text('add'), Tag.undefined]

describe('a message', () => {
  it('arrives as it was sent, with a head that takes two bytes from the second time on', () => {
    const { pass } = pair()
    const to = new Ref('right', 1, 5, 7)
    const from = new Ref('left', 0, 2, 3)
    const first = pass(messageOf(to, 'add', 1, from))
    expect(first.frame).toEqual([FrameKind.tell, 1, 5, 7, undefined, 'add', 1, from])
    const second = pass(messageOf(new Ref('right', 1, 5, 7), 'add', 2, new Ref('left', 0, 2, 3)))
    expect(second.frame).toEqual([FrameKind.tell, 1, 5, 7, undefined, 'add', 2, from])
    // Flags, slot and the number.
    expect(second.length).toBe(3)
    expect(pass(messageOf(to, 'add', 3, from, 70_000)).frame).toEqual([
      FrameKind.ask,
      1,
      5,
      7,
      undefined,
      'add',
      3,
      from,
      70_000,
    ])
    expect(pass(messageOf(to, 'add', 3, undefined)).frame).toEqual([
      FrameKind.tell,
      1,
      5,
      7,
      undefined,
      'add',
      3,
      undefined,
    ])
  })

  it('arrives, whatever heads share its slot, between frames and other values', () => {
    const ref = fc
      .tuple(fc.constantFrom(-1, 0, 3), fc.nat(40), fc.nat(40), fc.constantFrom(undefined, '', 'name', '__proto__'))
      .map(([epoch, slot, incarnation, name]) => new Ref('right', epoch, slot, incarnation, name))
    const name = fc.constantFrom('add', 'adt', 'and', '', 'total', 'ключ', '__proto__')
    const message = fc
      .tuple(
        ref,
        name,
        fc.anything({ maxDepth: 1 }),
        fc.option(ref, { nil: undefined }),
        fc.integer({ min: -1, max: 9 }),
      )
      .filter(([, , payload]) => isPlain(payload))
      .map(([to, named, payload, sender, askId]) => messageOf(to, named, payload, sender, askId))
    const reply = fc.nat(99).map((askId) => Object.assign(new WireReply(), { epoch: 0, askId, payload: { askId } }))
    const frame = fc.nat(99).map((askId): Frame => [FrameKind.reply, 0, askId, { askId }])
    const any = fc.oneof({ arbitrary: message, weight: 9 }, reply, frame)
    fc.assert(
      fc.property(fc.array(any, { maxLength: 400 }), (values) => {
        const { pass } = pair()
        for (const value of values) {
          expect(pass(value).frame).toStrictEqual(structuredCloneOf(asFrame(value) as Frame))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('whose payload cannot be sent takes its new head back', () => {
    const { here, pass } = pair()
    const to = new Ref('right', 1, 5, 7)
    const attempt = () => here.encode(messageOf(to, 'add', { call: () => 0 }), createEncoding())
    expect(attempt).toThrow(EncodeError)
    expect(attempt).toThrow('payload.call is a function')
    expect(pass(messageOf(to, 'add', 1)).frame).toEqual([FrameKind.tell, 1, 5, 7, undefined, 'add', 1, undefined])
  })

  it('that is none is refused at its sender, with the field', () => {
    const { here } = pair()
    const odd = [
      messageOf(new Ref('right', 1.5, 5, 7), 'add', 1),
      messageOf(new Ref('right', 1, 5, 7), 7 as never, 1),
      messageOf(new Ref('right', 1, 5, 7), 'add', 1, {} as never),
    ]
    for (const message of odd) {
      expect(() => here.encode(message, createEncoding())).toThrow(MalformedFrameError)
    }
  })
})

describe('the reader', () => {
  it('takes what a writer writes', () => {
    const received = decode(isMessage | isNew, 9, ...head, 1) as WireMessage
    expect(frameOf(received)).toEqual([FrameKind.tell, 0, 5, 7, undefined, 'add', 1, undefined])
    expect(received.to.node).toBe('right')
  })

  it.each([
    ['a head that was not defined', [isMessage, 9, 1], 'address that was not defined'],
    ['a message without a payload', [isMessage | isNew, 9, ...head], 'no tag'],
    ['an ask without its number', [isMessage | isNew | isAsk, 9, ...head, Tag.undefined, 1], 'asks under no number'],
    [
      'an ask of a number below 0',
      [isMessage | isNew | isAsk, 9, ...head, Tag.int16, 255, 255, 1],
      'asks under no number',
    ],
    ['a slot that is text', [isMessage | isNew, 9, 0, ...text('5'), ...head.slice(2), 1], 'slot'],
    ['a sender that is no reference', [isMessage | isNew, 9, ...head.slice(0, -1), 7, 1], 'sender'],
    ['a message without a name', [isMessage | isNew, 9, 0, 5, 7, Tag.undefined, 3, Tag.undefined, 1], 'message'],
    ['parts of a message where there is none', [isNew, 1], 'part of what it is not'],
    ['flags that nobody sets', [32, 1], 'begins with 32'],
    ['a message that is a reply too', [isMessage | isReply, 0, 0, 1], 'a message and a reply'],
    ['a reply that is an ask', [isReply | isAsk, 0, 0, 1], 'part of what it is not'],
    ['a reply without its payload', [isReply, 0, 0], 'no tag'],
    ['a reply in no epoch', [isReply, Tag.undefined, 0, 1], 'in no epoch'],
    ['a reply to no ask', [isReply, 0, Tag.int16, 255, 255, 1], 'without a number'],
    ['more than a message', [isMessage | isNew, 9, ...head, 1, 1], 'end with its value'],
  ])('refuses %s, and says so', (_name, bytes, said) => {
    expect(() => decode(...bytes)).toThrow(FrameError)
    expect(() => decode(...bytes)).toThrow(said)
  })

  it('answers any bytes with a value or a FrameError', () => {
    fc.assert(
      fc.property(fc.nat(31), fc.uint8Array({ maxLength: 60 }), (flags, rest) => {
        try {
          decode(flags, ...rest)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

function isPlain(value: unknown): boolean {
  try {
    new FrameCodec('right').encode([value], createEncoding())
    return true
  } catch (error) {
    expect(error).not.toBeInstanceOf(NotSendableError)
    return false
  }
}

/** The frame with a payload as a clone has it; references stay as they are. */
function structuredCloneOf(frame: Frame): unknown {
  return frame.map((field) => (field instanceof Ref ? field : structuredClone(field)))
}
