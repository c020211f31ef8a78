/** Frames as values: what is none is refused by both ends, and by the sender before it harms the receiver. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ref, ReplyToken } from '../src/actor-ref.ts'
import { checkEachField, checkFrame } from '../src/frame-check.ts'
import { ConfigurationError, defineActor, MalformedFrameError } from '../src/index.ts'
import { FrameKind } from '../src/wire.ts'
import { Cluster } from './kernel-harness.ts'

const saysOf = (check: (value: unknown) => unknown, value: unknown): unknown => {
  try {
    return check(value) === value
  } catch (error) {
    expect(error).toBeInstanceOf(MalformedFrameError)
    return (error as Error).message
  }
}

describe('a frame', () => {
  test('is judged the same on the short way as field by field', () => {
    const part = fc.oneof(
      fc.constantFrom<unknown>(-2, -1, 0, 1, 1.5, Number.NaN, 2 ** 53, undefined, null, 'name', {}, []),
      fc.constantFrom<unknown>(new Ref('n', 0, 1, 2), new Ref('n', 0, Number.NaN, 2), new ReplyToken('n', 0, 1)),
    )
    const usual = fc.constantFrom<readonly unknown[]>(
      [FrameKind.tell, 0, 1, 2, undefined, 'add', {}, new Ref('n', 0, 1, 2)],
      [FrameKind.ask, -1, -1, -1, 'name', 'add', undefined, undefined, 7],
      [FrameKind.reply, 0, 7, {}],
    )
    const changed = fc
      .tuple(usual, fc.nat(9), part)
      .map(([frame, at, value]) => (at < frame.length ? frame.with(at, value) : [...frame, value]))
    let taken = 0
    fc.assert(
      fc.property(fc.oneof(usual, changed, fc.array(part, { maxLength: 9 }), fc.anything()), (value) => {
        const said = saysOf(checkFrame, value)
        expect(said).toBe(saysOf(checkEachField, value))
        if (said === true) taken++
      }),
      { numRuns: 2_000 },
    )
    expect(taken).toBeGreaterThan(100)
  })

  test('that is none is refused with the kind and the field', () => {
    expect(() => checkFrame([FrameKind.stop, 0, Number.NaN, 1, undefined])).toThrow(
      'the field slot of a stop frame is NaN, it must be a whole number from -1',
    )
    expect(() => checkFrame([FrameKind.kill, 0])).toThrow('a kill frame has 4 fields behind its kind, this one has 1')
    expect(() => checkFrame(['__proto__'])).toThrow('there is no kind of frame "__proto__"')
    expect(() => checkFrame(undefined)).toThrow('a frame is an array, not undefined')
    try {
      checkFrame([FrameKind.reply, 0, '7', 1])
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'ERR_TROUPE_MALFORMED_FRAME', facts: { kind: 'reply', field: 'askId' } })
    }
  })
})

describe('an actor that passes what is no reference', () => {
  const Careless = defineActor({
    name: 'Careless',
    init: () => ({}),
    on: {
      misuse(_state, { how, what }: { how: string; what: unknown }, ctx) {
        const context = ctx as any
        if (how === 'reply' || how === 'replyError') context[how](what, new Error('e'))
        else if (how === 'ask') return context.ask(what, 'add')
        else if (how === 'name') context.tell(what, 7)
        else if (how === 'send') context.tell(new Ref('right', 0, 1, 1), 'add', what)
        else context[how](what, 'add')
      },
    },
  })
  const elsewhere = { node: 'right', epoch: 0, slot: '1', incarnation: 1 }
  test.each<[how: string, what: unknown]>([
    ['tell', elsewhere],
    ['ask', elsewhere],
    ['watch', elsewhere],
    ['unwatch', elsewhere],
    ['link', elsewhere],
    ['unlink', undefined],
    ['stop', elsewhere],
    ['kill', elsewhere],
    ['name', new Ref('right', 0, 1, 1)],
    ['reply', { node: 'right', epoch: 0, askId: Number.NaN }],
    ['replyError', null],
  ])('fails itself by %s, and the other node hears nothing', async (how, what) => {
    const cluster = new Cluster()
    const [left, right] = [cluster.node('left'), cluster.node('right')]
    let heard = 0
    const receive = right.receive.bind(right)
    right.receive = (from, frame) => {
      heard++
      receive(from, frame)
    }
    const actor = left.spawn(left.guardian, Careless as never, undefined, {})
    const asked = left.ask(undefined, actor, 'misuse', { how, what }).then(
      () => undefined,
      (error: unknown) => error,
    )
    await cluster.settle()
    // What a message or a call is given is the actor's mistake; what is in a frame is found where it is made.
    const isGiven = /^(reply|watch|unwatch|link|unlink)/.test(how)
    expect(await asked).toBeInstanceOf(isGiven ? ConfigurationError : MalformedFrameError)
    expect(heard).toBe(0)
  })
})
