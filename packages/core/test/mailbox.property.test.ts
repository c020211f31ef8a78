/** Bounded mailboxes against a plain list: what is dropped, what never is, and the order of the rest. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Envelope, EnvelopeKind } from '../src/envelope.ts'
import { Mailbox, mailboxPolicy } from '../src/mailbox.ts'

const envelope = (name: string, kind: EnvelopeKind = EnvelopeKind.message) =>
  new Envelope(kind, name, undefined, undefined, undefined)
const none: ReadonlySet<string> = new Set()
/** Puts a message in as delivery does: what had to go instead, if anything. */
function put(mailbox: Mailbox, message: Envelope): Envelope | undefined {
  if (mailbox.length >= mailbox.limit) return mailbox.displace(message)
  mailbox.push(message)
  return undefined
}
const names = (mailbox: Mailbox) => {
  const left: string[] = []
  for (let next = mailbox.shift(); next !== undefined; next = mailbox.shift()) left.push(next.name)
  return left
}

describe('a mailbox', () => {
  test('is bounded by 100,000 unless told otherwise', () => {
    expect(new Mailbox(mailboxPolicy({}, none)).capacity).toBe(100_000)
    expect(new Mailbox(mailboxPolicy({}, none)).overflow).toBe('drop-newest')
  })

  test('without a bound drops nothing', () => {
    const mailbox = new Mailbox(mailboxPolicy({ capacity: Number.POSITIVE_INFINITY }, none))
    for (let count = 0; count < 1_000; count++) expect(put(mailbox, envelope('m'))).toBeUndefined()
    expect(mailbox.length).toBe(1_000)
  })

  test('that is full of what must not be dropped takes the message all the same', () => {
    const mailbox = new Mailbox(mailboxPolicy({ capacity: 2, overflow: 'drop-oldest' }, none))
    mailbox.push(envelope('stop', EnvelopeKind.stop))
    mailbox.push(envelope('terminated', EnvelopeKind.terminated))
    expect(put(mailbox, envelope('message'))).toBeUndefined()
    expect(names(mailbox)).toEqual(['stop', 'terminated', 'message'])
  })
})

const kinds = [EnvelopeKind.message, EnvelopeKind.stop, EnvelopeKind.terminated, EnvelopeKind.timer]
const step = fc.oneof(
  { weight: 5, arbitrary: fc.constant({ do: 'offer' as const, kind: EnvelopeKind.message }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('force' as const), kind: fc.constantFrom(...kinds.slice(1)) }) },
  { weight: 3, arbitrary: fc.constant({ do: 'take' as const, kind: EnvelopeKind.message }) },
)

test.each(['drop-newest', 'drop-oldest'] as const)(
  '%s: the rest keep their order, and only messages are dropped',
  (overflow) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 6 }), fc.array(step, { maxLength: 100 }), (capacity, steps) => {
        const mailbox = new Mailbox(mailboxPolicy({ capacity, overflow }, none))
        let list: Envelope[] = []
        for (const [index, { do: action, kind }] of steps.entries()) {
          const next = envelope(String(index), kind)
          if (action === 'take') expect(mailbox.shift()).toBe(list.shift())
          else if (action === 'force') {
            mailbox.push(next)
            list.push(next)
          } else {
            const oldest = list.find((waiting) => waiting.kind === EnvelopeKind.message)
            const isFull = list.length >= capacity
            const expected = !isFull ? undefined : overflow === 'drop-newest' ? next : oldest
            expect(put(mailbox, next)).toBe(expected)
            list = [...list, next].filter((waiting) => waiting !== expected)
          }
        }
        expect(names(mailbox)).toEqual(list.map(({ name }) => name))
      }),
    )
  },
)
