/**
 * Fuzzing above the codec: values that are no frame, or no event, sent between the links of two nodes. The node that
 * gets one must say so, name the field, call the channel broken once, and not have changed.
 *
 * What is wrong with a field is told by the lists below, which know nothing of the checks that they test.
 */

import assert from 'node:assert/strict'
import { MessageChannel } from 'node:worker_threads'
import { EventStream, type RandomStream, ReplyToken } from '@troupe/core'
import {
  DefinitionRegistry,
  type Frame,
  FrameKind,
  inspectNode,
  NodeKernel,
  NodeServices,
  Ref,
  SeededRandomSource,
  VirtualClock,
} from '@troupe/core/host'
import { createChannelPair, createDoorbell, FrameError, openSender } from '../../src/channel/index.ts'
import { NodeLinks } from '../../src/node-links.ts'
import { type FuzzRound, randomValue } from './fuzz-round.ts'

const nothings = [null, undefined, true, {}, [], new Map(), new Date(0)]
const noWholes = [Number.NaN, Number.POSITIVE_INFINITY, -Number.MAX_VALUE, 1.5, -2, 2 ** 53, 7n, '1', ...nothings]
const noTexts = [0, 1n, new Uint8Array(2), ...nothings]
const noRefs = ['node/actor', 7, { node: 'left', epoch: 0, slot: 1, incarnation: 1 }, new ReplyToken('left', 0, 1)]

/** What is no value of a field, by what the field holds. */
const wrong = {
  whole: noWholes,
  count: [...noWholes, -1],
  optionalText: noTexts.filter((value) => value !== undefined),
  text: noTexts,
  ref: [...noRefs, ...nothings],
  sender: [...noRefs, ...nothings.filter((value) => value !== undefined)],
  token: ['token', 7, new Ref('left', 0, 1, 1), ...nothings],
  reason: ['died', 'constructor', '__proto__', '', 0, ...nothings],
  flag: [0, 1, 'true', ...nothings.filter((value) => value !== true)],
  errorData: [
    'failed',
    { name: 'Error' },
    { name: 1, message: 'm' },
    { name: 'Error', message: 'm', stack: 7 },
    { name: 'Error', message: 'm', code: 7 },
    { name: 'Error', message: 'm', facts: 7 },
    { name: 'Error', message: 'm', cause: 'why' },
    { name: 'Error', message: 'm', cause: { name: 'Error', message: [] } },
    ...nothings,
  ],
  probe: [
    'probe',
    ...nothings,
    probeWith({ round: -1 }),
    probeWith({ visits: Number.NaN }),
    probeWith({ turns: [] }),
    probeWith({ turns: {} }),
    probeWith({ turns: [null] }),
    ...[{ ref: 'left' }, { turn: '1' }, { path: 7 }, { asks: 7 }, { asks: [] }].map((part) =>
      probeWith({ turns: [{ ...waitingTurn(), ...part }] }),
    ),
    ...[
      { askId: -1 },
      { openedAt: '1' },
      { isOfTurn: 1 },
      { at: 'left' },
      { at: { node: 'left' } },
      { passed: 'left' },
      { passed: [7] },
      { by: 1 },
      { by: -2 },
      { by: 0.5 },
    ].map((part) => probeWith({ turns: [{ ...waitingTurn(), asks: [{ ...waitingAsk(), ...part }] }] })),
  ],
} satisfies Record<string, readonly unknown[]>
type Holds = keyof typeof wrong | 'payload'

const target: Holds[] = ['whole', 'whole', 'whole', 'optionalText']
const message: Holds[] = [...target, 'text', 'payload', 'sender']
/** What the fields of each kind hold. */
const layouts: Readonly<Record<keyof typeof FrameKind, readonly Holds[]>> = {
  tell: message,
  ask: [...message, 'count'],
  reply: ['whole', 'count', 'payload'],
  replyError: ['whole', 'count', 'errorData'],
  watch: [...target, 'ref', 'text'],
  unwatch: [...target, 'ref', 'text'],
  terminated: ['whole', 'ref', 'ref', 'reason', 'text'],
  stop: target,
  forward: [...message, 'token'],
  link: [...target, 'ref', 'text'],
  unlink: [...target, 'ref', 'text'],
  linkEnded: ['whole', 'ref', 'ref', 'reason', 'text'],
  kill: target,
  streamOpen: ['whole', 'count', 'ref'],
  streamItem: ['whole', 'count', 'count', 'payload'],
  streamEnd: ['whole', 'count', 'count'],
  streamCredit: ['whole', 'count', 'count'],
  streamCancel: ['whole', 'count'],
  cancel: [...target, 'count', 'flag'],
  offer: [...message, 'count'],
  waitProbe: ['whole', 'probe'],
}
const kinds = Object.keys(layouts) as (keyof typeof FrameKind)[]

/** A frame as it should be, about an actor that is not there. */
function frameOf(kind: keyof typeof FrameKind, random: RandomStream): unknown[] {
  const values: Readonly<Record<Holds, () => unknown>> = {
    whole: () => random.int(1_000) - 1,
    count: () => 1_000 + random.int(1_000),
    optionalText: () => (random.chance(0.5) ? undefined : random.pick(['worker', '__proto__', 'constructor', ''])),
    text: () => random.pick(['add', '__proto__', 'constructor', 'toString', '']),
    ref: () => new Ref('left', 0, random.int(9), random.int(99)),
    sender: () => (random.chance(0.5) ? undefined : new Ref('left', 0, 1, random.int(99))),
    token: () => new ReplyToken('left', 0, random.int(99)),
    reason: () => random.pick(['stopped', 'failed', 'killed', 'node-down', 'not-found']),
    flag: () => random.chance(0.5),
    errorData: () => ({
      name: 'Error',
      message: 'm',
      ...random.pick([{}, { cause: { name: '__proto__', message: '' } }]),
    }),
    payload: () => randomValue(random),
    probe: () => probeWith({}),
  }
  return [FrameKind[kind], ...layouts[kind].map((holds) => values[holds]())]
}

function waitingAsk() {
  const at = new Ref('right', 0, 5, 5)
  return { askId: 1, name: 'add', openedAt: 1, isOfTurn: true, at, passed: [at], by: -1 }
}

function waitingTurn() {
  return { ref: new Ref('left', 0, 1, 1), turn: 1, path: '/left/a', asks: [waitingAsk()] }
}

function probeWith(parts: object) {
  return { round: 1, visits: 1, turns: [waitingTurn()], ...parts }
}

interface Attempt {
  readonly value: unknown
  readonly mustRefuse: boolean
  /** What the error must mention. */
  readonly names?: string
}

const attempts: Readonly<Record<string, (random: RandomStream) => Attempt>> = {
  'a frame as it is': (random) => ({ value: frameOf(random.pick(kinds), random), mustRefuse: false }),
  'a frame with a wrong field': (random) => {
    const kind = random.pick(kinds)
    const frame = frameOf(kind, random)
    const fields = layouts[kind].flatMap((holds, index) => (holds === 'payload' ? [] : [{ holds, at: index + 1 }]))
    const { holds, at } = random.pick(fields)
    frame[at] = random.pick<unknown>(wrong[holds])
    return { value: frame, mustRefuse: true, names: kind }
  },
  'a frame with too few or too many fields': (random) => {
    const kind = random.pick(kinds)
    const frame = frameOf(kind, random)
    if (random.chance(0.5)) frame.length -= 1 + random.int(frame.length - 1)
    else for (let more = 1 + random.int(3); more > 0; more--) frame.push(random.pick([undefined, 0, 'more']))
    return { value: frame, mustRefuse: true, names: kind }
  },
  'a kind that is none': (random) => ({
    value: frameOf(random.pick(kinds), random).with(
      0,
      random.pick<unknown>([99, -2, 1.5, Number.NaN, '0', null, undefined, 'tell', '__proto__', [0], new Map(), 0n]),
    ),
    mustRefuse: true,
  }),
  'no array': (random) => ({
    value: random.pick<unknown>([
      undefined,
      null,
      0,
      'tell',
      true,
      1n,
      {},
      { 0: 0, length: 8 },
      new Map([[0, 0]]),
      new Set([0]),
      new Error('frame'),
      new Ref('n', 0, 0, 0),
      new Uint8Array(8),
      new Date(),
    ]),
    mustRefuse: true,
  }),
  'any value': (random) => {
    const value = randomValue(random)
    return { value, mustRefuse: !Array.isArray(value) }
  },
  'an event that is none': (random) => ({
    value: random.pick<unknown>([
      [-1],
      [-1, 'log'],
      [-1, 'log', undefined],
      [-1, 'log', { message: 'm' }],
      [-1, 'log', logEntry(), 'more'],
      [-1, 'log', { ...logEntry(), level: 'constructor' }],
      [-1, 'log', { ...logEntry(), fields: null }],
      [-1, 'nodeDown', { node: 'left', epoch: 0, reason: 'r' }],
      [-1, '__proto__', {}],
      [-1, 'constructor', {}],
      [-1, 7, {}],
      [-1, 'failure', { actor: 'a', ref: {}, message: 'm', directive: 'stop', errorData: { name: 1 } }],
      [-1, 'escalated', { actor: 'a', ref: {} }],
    ]),
    mustRefuse: true,
  }),
  'an event as it is': () => ({ value: [-1, 'log', logEntry()], mustRefuse: false }),
}

const logEntry = () => ({
  level: 'info',
  node: 'left',
  actor: '/left/a',
  definition: 'A',
  generation: 0,
  time: 1,
  message: 'm',
  fields: JSON.parse('{"__proto__":1,"constructor":2}'),
})

/** The names of the attempts. */
export const frameAttempts = Object.keys(attempts)

/** One round. */
export function fuzzFrame(random: RandomStream): FuzzRound {
  const attack = random.pick(frameAttempts)
  const { value, mustRefuse, names } = attempts[attack]!(random)
  const node = new Receiver()
  try {
    const before = node.view()
    node.sender.send(value)
    node.sender.send([FrameKind.tell, 0, 7, 7, undefined, 'after', 1, undefined])
    node.sender.flush()
    while (node.links.drain(1) > 0);
    const { broken } = node
    if (broken.length === 0) {
      assert(!mustRefuse, `${attack}: the node took ${show(value)}`)
      assert.equal(node.deadLetters.at(-1), 'after', `${attack}: what came behind ${show(value)} was lost`)
      return { attack, outcome: 'unharmed', said: undefined }
    }
    assert.equal(broken.length, 1, 'the channel was called broken more than once')
    const [error] = broken
    assert(error instanceof FrameError, `${attack}: ${show(value)} threw ${error?.stack}`)
    assert(
      names === undefined || error.message.includes(names),
      `${attack}: the error does not say what: ${error.message}`,
    )
    assert.deepEqual(node.view(), before, `${attack}: the node changed by ${show(value)}`)
    assert.equal(node.links.hasWork(), false)
    node.links.disconnect('left', 0)
    assert.equal(broken.length, 1, 'the channel was called broken more than once')
    return { attack, outcome: 'refused', said: error.message }
  } finally {
    node.close()
  }
}

/** A node without actors, its links, and the sending end of the channel to it. */
class Receiver {
  readonly broken: Error[] = []
  readonly deadLetters: string[] = []
  readonly kernel: NodeKernel
  readonly links: NodeLinks
  readonly sender
  readonly #back
  readonly #sent: Frame[] = []
  #events = 0

  constructor() {
    const events = new EventStream()
    events.on('deadLetter', ({ name }) => this.deadLetters.push(name))
    const ports = { node: 'right', epoch: 0, clock: new VirtualClock(), random: new SeededRandomSource(1), events }
    this.kernel = new NodeKernel({
      ...ports,
      transport: { send: (_node, frame) => void this.#sent.push(frame) },
      services: new NodeServices(ports),
      definitions: new DefinitionRegistry(),
      messages: 'frozen',
      wake: () => {},
      failed: (error) => assert.fail(error),
    })
    this.links = new NodeLinks({
      node: 'right',
      development: true,
      listener: {
        receive: (from, frame) => this.kernel.receive(from, frame),
        receiveMessage: (from, message) => this.kernel.receiveMessage(from, message),
        receiveReply: (from, reply) => this.kernel.receiveReply(from, reply),
        event: () => void this.#events++,
        broken: (_node, error) => void this.broken.push(error),
        wake: () => {},
        isIdle: () => false,
        rung: () => {},
      },
    })
    const [left, right] = [createDoorbell(), createDoorbell()]
    const there = createChannelPair({ capacityBytes: 8_192, senderDoorbell: left, receiverDoorbell: right })
    const back = createChannelPair({ capacityBytes: 1_024, senderDoorbell: right, receiverDoorbell: left })
    this.sender = openSender(there.sender)
    this.#back = back.receiver
    const bell = new MessageChannel().port1
    this.links.connect({ node: 'left', epoch: 0, sender: back.sender, receiver: there.receiver, bell })
  }

  /** All of the node that a frame could have changed. */
  view(): unknown {
    const { kernel } = this
    const { asks, streams, runnable, cells } = kernel
    return {
      node: inspectNode(kernel, { depth: 9, maxActors: 100, timeoutMs: 1 }),
      asks: asks.size,
      streams: streams.size,
      runnable,
      cells: [...cells].length,
      deadLetters: [...this.deadLetters],
      sent: this.#sent.length,
      events: this.#events,
    }
  }

  close(): void {
    this.sender.close()
    this.links.close()
    this.#back.port.close()
    this.kernel.halt()
  }
}

function show(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part) => (typeof part === 'bigint' ? `${part}n` : part))?.slice(0, 300) ??
    String(value)
  )
}
