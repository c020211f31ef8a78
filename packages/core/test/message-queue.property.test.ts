/** The queue behind a mailbox's first message against a plain array, over random operations, short and long. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Ref, ReplyToken } from '../src/actor-ref.ts'
import { Envelope, EnvelopeKind, emptyEnvelope } from '../src/envelope.ts'
import { Mailbox, mailboxPolicy } from '../src/mailbox.ts'
import { MessageQueue } from '../src/message-queue.ts'

const sender = new Ref('n', 0, 0, 0)
const step = fc.record({
  do: fc.constantFrom('message', 'message', 'ask', 'envelope', 'unshift', 'shift', 'shift'),
  /** How often. */
  times: fc.oneof({ weight: 6, arbitrary: fc.nat(5) }, { weight: 1, arbitrary: fc.nat(3_000) }),
})
const steps = fc.array(step, { maxLength: 60 })

/** What is to be seen of a message, however it was kept. */
const facts = (envelope: Envelope | undefined) =>
  envelope && [envelope.kind, envelope.name, envelope.payload, envelope.sender, envelope.replyTo]

test('messages come out as they went in, and what was put back comes first', () => {
  fc.assert(
    fc.property(steps, (taken) => {
      const queue = new MessageQueue()
      const mailbox = new Mailbox(mailboxPolicy({ capacity: Number.POSITIVE_INFINITY }, new Set()))
      const list: Envelope[] = []
      let number = 0
      for (const { do: action, times } of taken) {
        for (let time = 0; time < times; time++) {
          const kind = action === 'message' || action === 'ask' ? EnvelopeKind.message : EnvelopeKind.stop
          const replyTo = new ReplyToken('n', 0, number)
          const asked = action === 'ask' ? replyTo : undefined
          const envelope = new Envelope(kind, `m${number}`, { number: number++ }, sender, asked)
          switch (action) {
            case 'ask':
              queue.push(envelope)
              mailbox.pushAsk(envelope.name, envelope.payload, sender, replyTo, replyTo.askId)
              list.push(envelope)
              break
            case 'message':
              queue.pushMessage(envelope.name, envelope.payload, sender)
              mailbox.pushMessage(envelope.name, envelope.payload, sender)
              list.push(envelope)
              break
            case 'envelope':
              queue.push(envelope)
              mailbox.push(envelope)
              list.push(envelope)
              break
            case 'unshift':
              queue.unshift(envelope)
              mailbox.unshift(envelope)
              list.unshift(envelope)
              break
            default: {
              const next = list.shift()
              expect(facts(queue.peek())).toEqual(facts(next))
              expect(facts(queue.shift(emptyEnvelope()))).toEqual(facts(next))
              const fromMailbox = mailbox.shift()
              expect(facts(fromMailbox)).toEqual(facts(next))
              if (next?.kind === EnvelopeKind.stop) expect(fromMailbox).toBe(next)
            }
          }
        }
        expect(mailbox.length).toBe(list.length)
      }
      expect([...queue].map(facts)).toEqual(list.map(facts))
      expect([...mailbox].map(facts)).toEqual(list.map(facts))
    }),
    { numRuns: 60 },
  )
})
