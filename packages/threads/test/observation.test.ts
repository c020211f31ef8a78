/** Metrics of threads, the log's ways out, and what Node's diagnostics channels are told. */
import { channel, tracingChannel } from 'node:diagnostics_channel'
import type { LogEntry } from '@troupe/core'
import { describe, expect, it } from 'vitest'
import type { AskTrace } from '../src/index.ts'
import { jsonLine, prettyLine } from '../src/log-sink.ts'
import { Loop } from './fixtures/loop.ts'
import { nextEvent, startSystem } from './support.ts'

describe('metrics on threads', () => {
  it('count what goes through the channels, on both sides', async () => {
    await using system = await startSystem({ threads: 1, metrics: true })
    const actor = await system.spawn(Loop, undefined)
    for (let count = 0; count < 50; count++) await actor.ask('ping')
    const [main, node] = (await system.metrics()).nodes
    const [out] = main?.thread?.peers ?? []
    const [into] = node?.thread?.peers ?? []
    expect(node?.definitions.find(({ definition }) => definition === 'Loop')).toMatchObject({ turns: 50 })
    expect(out).toMatchObject({ node: 'node-1', pending: 0 })
    expect(out?.messagesOut).toBeGreaterThanOrEqual(51)
    expect(into).toMatchObject({ node: 'main', messagesIn: out?.messagesOut, bytesIn: out?.bytesOut })
    expect(into?.messagesOut).toBeGreaterThanOrEqual(51)
    expect(node?.thread?.parkings).toBeGreaterThan(0)
  })
})

describe('the log', () => {
  const entry: LogEntry = {
    level: 'warn',
    node: 'node-1',
    actor: '/node-1/a',
    definition: 'A',
    generation: 2,
    time: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
    message: 'said',
    fields: { n: 1n, error: new RangeError('why'), list: [1] },
  }

  it('comes to a function in order, with failures in it, and not below its level', async () => {
    const entries: LogEntry[] = []
    await using system = await startSystem({ threads: 1, log: (entry) => void entries.push(entry) })
    const actor = await system.spawn(Loop, undefined, { name: 'a' })
    actor.tell('say', 'one')
    await expect(actor.ask('fail')).rejects.toThrow('on purpose')
    actor.tell('say', 'two')
    await actor.ask('ping')
    expect(entries.map(({ level, actor: who, message }) => `${level} ${who} ${message}`)).toEqual([
      'info /node-1/a one',
      'error /node-1 /node-1/a failed in fail: restart',
      'info /node-1/a two',
    ])
    expect(entries[2]).toMatchObject({ node: 'node-1', definition: 'Loop', generation: 1, fields: { length: 3 } })
  })

  it.each([
    ['warn', ['warn /node-1 the node died: it was killed', 'error /node-1 /node-1/a failed in fail: restart']],
    ['error', ['error /node-1 /node-1/a failed in fail: restart']],
  ] as const)('keeps what the runtime itself says to the level %s', async (logLevel, expected) => {
    const entries: LogEntry[] = []
    await using system = await startSystem({ threads: 1, logLevel, log: (entry) => void entries.push(entry) })
    const up = nextEvent(system, 'nodeUp')
    await Promise.all([system.killNode('node-1'), up])
    const actor = await system.spawn(Loop, undefined, { name: 'a' })
    actor.tell('say', 'one')
    await expect(actor.ask('fail')).rejects.toThrow('on purpose')
    await actor.ask('ping')
    expect(entries.map(({ level, actor: who, message }) => `${level} ${who} ${message}`)).toEqual(expected)
  })

  it('is one line of JSON, or one for people', () => {
    expect(JSON.parse(jsonLine(entry))).toMatchObject({
      time: '2026-01-02T03:04:05.006Z',
      level: 'warn',
      fields: { n: '1', error: { name: 'RangeError', message: 'why' }, list: [1] },
    })
    expect(prettyLine(entry).split('\n').slice(0, 2)).toEqual([
      '03:04:05.006 WARN  /node-1/a [A 2] said {"n":"1","list":[1]}',
      'RangeError: why',
    ])
  })
})

describe('the diagnostics channels', () => {
  it('tell of events and asks while somebody listens', async () => {
    const told: string[] = []
    const onFailure = (event: unknown) => told.push(`failure ${(event as { actor: string }).actor}`)
    const onNode = (event: unknown) => told.push(`node ${(event as { status: string }).status}`)
    const asks = tracingChannel<AskTrace>('troupe:ask')
    const onAsk = {
      start: ({ message, node }: AskTrace) => told.push(`ask ${message} of ${node}`),
      end() {},
      asyncStart() {},
      asyncEnd: ({ message }: AskTrace) => told.push(`end ${message}`),
      error: ({ error }: AskTrace) => told.push(`error ${error?.message}`),
    }
    channel('troupe:failure').subscribe(onFailure)
    channel('troupe:node').subscribe(onNode)
    asks.subscribe(onAsk as unknown as Parameters<typeof asks.subscribe>[0])
    try {
      await using system = await startSystem({ threads: 1 })
      const actor = await system.spawn(Loop, undefined, { name: 'a' })
      await actor.ask('fail').catch(() => {})
      await system.killNode('node-1')
    } finally {
      channel('troupe:failure').unsubscribe(onFailure)
      channel('troupe:node').unsubscribe(onNode)
      asks.unsubscribe(onAsk as unknown as Parameters<typeof asks.unsubscribe>[0])
    }
    expect(told.slice(0, 2)).toEqual(['ask spawn of main', 'end spawn'])
    expect(told).toEqual(expect.arrayContaining(['ask fail of main', 'error on purpose', 'end fail']))
    expect(told).toEqual(expect.arrayContaining(['failure /node-1/a', 'node down']))
  })
})
