/** A queue with lanes against a plain list that is searched each time. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Envelope, EnvelopeKind } from '../src/envelope.ts'
import { LaneQueue } from '../src/lane-queue.ts'
import { Mailbox, mailboxPolicy } from '../src/mailbox.ts'

const priority = { urgent: 10, stat: 10, idle: -1 }
const reentrant: ReadonlySet<string> = new Set(['stat', 'plainStat'])
const messageNames = ['urgent', 'stat', 'plain', 'plainStat', 'idle', 'toString', '__proto__']
const envelope = (name: string, kind: EnvelopeKind = EnvelopeKind.message) =>
  new Envelope(kind, name, undefined, undefined, undefined)

const priorityOf = (name: string) => new Map(Object.entries(priority)).get(name) ?? 0
const isBarrier = ({ kind }: Envelope) => kind === EnvelopeKind.stop || kind === EnvelopeKind.terminated

/** Which of `list`, in order of arrival, is the next: nothing passes a barrier. */
function nextOf(list: readonly Envelope[]): Envelope | undefined {
  const barrier = list.findIndex(isBarrier)
  const before = barrier < 0 ? list : list.slice(0, barrier)
  if (before.length === 0) return list[0]
  const highest = Math.max(...before.map(({ name }) => priorityOf(name)))
  return before.find(({ name }) => priorityOf(name) === highest)
}

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('push' as const), name: fc.constantFrom(...messageNames) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('barrier' as const), name: fc.constantFrom('stop', 'terminated') }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unshift' as const), name: fc.constantFrom(...messageNames) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('shift' as const), name: fc.constant('') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('shiftReentrant' as const), name: fc.constant('') }) },
)

describe('a queue with lanes', () => {
  test('takes the highest priority first, in order of arrival, and nothing past a stop or a death', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const queue = new LaneQueue({ priority, reentrant })
        const front: Envelope[] = []
        const list: Envelope[] = []
        const remove = (wanted: Envelope | undefined) => {
          const from = wanted === front[0] && front.length > 0 ? front : list
          const index = from.indexOf(wanted as Envelope)
          if (index >= 0) from.splice(index, 1)
        }
        for (const { do: action, name } of steps) {
          const isReentrant = (waiting: Envelope) =>
            waiting.kind === EnvelopeKind.message && reentrant.has(waiting.name)
          if (action === 'push') {
            list.push(envelope(name))
            queue.push(list.at(-1) as Envelope)
          } else if (action === 'barrier') {
            list.push(envelope(name, name === 'stop' ? EnvelopeKind.stop : EnvelopeKind.terminated))
            queue.push(list.at(-1) as Envelope)
          } else if (action === 'unshift') {
            front.unshift(envelope(name))
            queue.unshift(front[0] as Envelope)
          } else if (action === 'shift') {
            const expected = front[0] ?? nextOf(list)
            expect(queue.peek()).toBe(expected)
            expect(queue.shift()).toBe(expected)
            remove(expected)
          } else {
            const expected = nextOf(list.filter(isReentrant))
            expect(queue.shiftReentrant()).toBe(expected)
            if (expected !== undefined) list.splice(list.indexOf(expected), 1)
          }
          expect(queue.length).toBe(front.length + list.length)
          expect(queue.reentrant).toBe(list.filter(isReentrant).length)
          expect(new Set(queue)).toEqual(new Set([...front, ...list]))
        }
      }),
    )
  })

  test('gives up the oldest of the lowest priority when it is full, or the newcomer when that is lower', () => {
    const mailbox = new Mailbox(mailboxPolicy({ capacity: 2, overflow: 'drop-oldest', priority }, new Set()))
    const [urgent, first, second, idle] = ['urgent', 'plain', 'plain', 'idle'].map((name) => envelope(name)) as [
      Envelope,
      Envelope,
      Envelope,
      Envelope,
    ]
    mailbox.push(urgent)
    mailbox.push(first)
    expect(mailbox.displace(second)).toBe(first)
    expect(mailbox.displace(idle)).toBe(idle)
    expect([mailbox.shift(), mailbox.shift()]).toEqual([urgent, second])
  })

  test('gives up no timer and no answer, which stay in their places', () => {
    const mailbox = new Mailbox(mailboxPolicy({ capacity: 3, overflow: 'drop-oldest', priority }, new Set()))
    const timer = new Envelope(EnvelopeKind.timer, 'plain', undefined, undefined, undefined)
    const answer = new Envelope(EnvelopeKind.answer, 'plain', undefined, undefined, undefined)
    const [first, second] = [envelope('plain'), envelope('plain')]
    for (const waiting of [timer, first, answer]) mailbox.push(waiting)
    expect(mailbox.displace(second)).toBe(first)
    expect(mailbox.length).toBe(3)
    expect([mailbox.shift(), mailbox.shift(), mailbox.shift()]).toEqual([timer, answer, second])
  })
})
