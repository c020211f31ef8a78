/** What goes wrong with deferred replies, in the words of who wrote them. */
import { ConfigurationError, createLocalSystem, type DeadLetter, defineActor, type ReplyToken } from '@troupe/core'
import { expect, test } from 'vitest'

const Desk = defineActor({
  name: 'Desk',
  supervise: { onFailure: 'resume' },
  init: () => ({ token: undefined as ReplyToken<string> | undefined }),
  on: {
    ask(state, _: undefined, ctx) {
      state.token = ctx.deferReply<string>()
      return state.token
    },
    answer: ({ token }, value: string, ctx) => ctx.reply(token as ReplyToken<string>, value),
    refuse: ({ token }, value: string, ctx) => ctx.replyError(token as ReplyToken<string>, new Error(value)),
    misuse: (_state, value: object, ctx) => ctx.reply(value as ReplyToken<string>, 'to whom?'),
  },
})

test.each(['answer', 'refuse'])('%s without a token says what the call takes', async (name) => {
  await using system = createLocalSystem()
  const desk = await system.spawn(Desk, undefined, { name: 'desk' })
  const failed = desk.ask(name as 'answer', 'yes')
  await expect(failed).rejects.toThrow(ConfigurationError)
  const call = name === 'answer' ? 'ctx.reply' : 'ctx.replyError'
  await expect(failed).rejects.toThrow(
    `/local/desk, in the turn of ${name}: ${call} takes the reply token that ctx.deferReply() returned in the turn of the ask, got undefined`,
  )
})

test('what is like a token is none', async () => {
  await using system = createLocalSystem()
  const desk = await system.spawn(Desk, undefined)
  await expect(desk.ask('misuse', { node: 'local', epoch: 0, askId: 1 })).rejects.toThrow('got { node:')
})

test('a second reply, in a later turn, is a dead letter', async () => {
  await using system = createLocalSystem()
  const desk = await system.spawn(Desk, undefined)
  const letters: DeadLetter[] = []
  system.events.on('deadLetter', (letter) => letters.push(letter))
  const asked = desk.ask('ask')
  await desk.ask('answer', 'first')
  await desk.ask('answer', 'second')
  expect(await asked).toBe('first')
  expect(letters).toMatchObject([{ reason: 'late-reply', payload: 'second' }])
})
