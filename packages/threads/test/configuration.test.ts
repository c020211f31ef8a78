/** What is refused, with which error, and that nothing is left behind. */
import { fileURLToPath } from 'node:url'
import { defineActor } from '@troupe/core'
import { describe, expect, it } from 'vitest'
import { createSystem } from '../src/index.ts'
import { Counter } from './fixtures/counter.ts'
import { Echo } from './fixtures/echo.ts'
import { Visible } from './fixtures/private-definition.ts'
import { fixture, nextEvent, startSystem } from './support.ts'

const WithoutModule = defineActor({
  name: 'WithoutModule',
  init: () => ({}),
  on: { node: (_s, _m: unknown, ctx) => ctx.node },
})
const InTestFile = defineActor({
  name: 'InTestFile',
  module: import.meta.url,
  init: () => ({}),
  on: { node: (_s, _m: unknown, ctx) => ctx.node },
})
const at = (module: URL, name: string) => defineActor({ name, module: module.href, init: () => ({}), on: {} })

describe('the options of createSystem', () => {
  it.each([
    { threads: 0 },
    { threads: -1 },
    { threads: 1.5 },
    { threads: Number.NaN },
    { threads: 1, channels: { capacityBytes: 1000 } },
    { threads: 1, channels: { outboundCapacity: 0 } },
    { threads: 1, channels: { outboundBytesMax: 0 } },
    { threads: 1, spinLimit: -1 },
    { threads: 1, mainSpinLimit: 0.5 },
    { threads: 1, resourceLimits: { maxOldGenerationSizeMb: 4 } },
    { threads: 1, startTimeoutMs: 0 },
    { threads: 1, dataDirectory: '' },
    { threads: 1, servicesModule: './services.ts' },
    { threads: 1, replacement: { maxReplacements: -1 } },
    { threads: 1, replacement: { backoff: { minMs: 2, maxMs: 1 } } },
  ])('%o is refused', async (options) => {
    await expect(createSystem(options)).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
  })

  it.each([
    { options: { threads: '2' }, message: "threads must be a whole number from 1 to 1,024, got '2'" },
    { options: { startTimeoutMs: '30' }, message: "startTimeoutMs must be above 0, got '30'" },
    { options: { askCyclesAfterMs: '5' }, message: "askCyclesAfterMs must be above 0, got '5'" },
    { options: { development: 'no' }, message: "development must be true or false, got 'no'" },
    {
      options: { resourceLimits: { maxOldGenerationSizeMB: 64 } },
      message: "resourceLimits: there is no option 'maxOldGenerationSizeMB'; did you mean 'maxOldGenerationSizeMb'?",
    },
    {
      options: { watchdog: { stuckAfterMs: '50' } },
      message: "watchdog.stuckAfterMs must be from 10 to 2^31, got '50'",
    },
    { options: { replacement: { backoff: 5 } }, message: 'replacement.backoff must be { minMs, maxMs }, numbers' },
  ])('$options has a value of another kind', async ({ options, message }) => {
    await expect(createSystem(options as any)).rejects.toMatchObject({
      code: 'ERR_TROUPE_CONFIGURATION',
      message: expect.stringContaining(`createSystem: ${message}`),
    })
  })

  it.each([
    { options: { thread: 2 }, message: "createSystem: there is no option 'thread'; did you mean 'threads'?" },
    { options: { channels: { capacity: 1 } }, message: "createSystem: channels: there is no option 'capacity'" },
    { options: { replacement: { withinMS: 1 } }, message: "did you mean 'withinMs'?" },
    { options: { watchdog: { onStick: 'kill' } }, message: "did you mean 'onStuck'?" },
    { options: { tasks: { maxThread: 1 } }, message: "createSystem: tasks: there is no option 'maxThread'; did you" },
  ])('$options has an option that nobody knows', async ({ options, message }) => {
    await expect(createSystem(options as any)).rejects.toMatchObject({
      code: 'ERR_TROUPE_CONFIGURATION',
      message: expect.stringContaining(message),
    })
  })

  it.each([
    { module: 'services-throwing.ts', message: /cannot be imported: no services today/ },
    { module: 'services-missing.ts', message: /must export an object of implementations/ },
    { module: 'services-absent.ts', message: /cannot be imported/ },
  ])('a services module is refused: $module', async ({ module, message }) => {
    const started = createSystem({ threads: 1, servicesModule: fixture(module) })
    await expect(started).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    await expect(started).rejects.toThrow(message)
  })

  it('a data directory that cannot be made is refused', async () => {
    const started = createSystem({ threads: 1, dataDirectory: fileURLToPath(import.meta.url) })
    await expect(started).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    await expect(started).rejects.toThrow(/cannot be made: .*choose a folder that this program may write to/)
  })

  it('a thread that dies while it starts is a typed error', async () => {
    process.env.TROUPE_TEST_EXIT = '1'
    const started = createSystem({ threads: 2, servicesModule: fixture('services-exiting.ts') })
    await expect(started).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
    await expect(started).rejects.toThrow(/died while it started.*code: 3/)
    delete process.env.TROUPE_TEST_EXIT
  })

  it('limits in which no thread can start are a typed error', async () => {
    const resourceLimits = { maxOldGenerationSizeMb: 8 }
    await expect(createSystem({ threads: 1, resourceLimits })).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
  })
})

describe('where an actor can be placed', () => {
  it('a definition without a module runs on the main thread only', async () => {
    await using system = await startSystem({ threads: 1 })
    expect(await (await system.spawn(WithoutModule, undefined)).ask('node')).toBe('main')
    const spawned = system.spawn(WithoutModule, undefined, { node: 'node-1' })
    await expect(spawned).rejects.toMatchObject({ code: 'ERR_TROUPE_DEFINITION_NOT_FOUND' })
    await expect(spawned).rejects.toThrow(/runs on main only.*has no module.*import\.meta\.url/)
  })

  it('a definition of a test file runs on the main thread only', async () => {
    await using system = await startSystem({ threads: 1 })
    expect(await (await system.spawn(InTestFile, undefined)).ask('node')).toBe('main')
    const spawned = system.spawn(InTestFile, undefined, { node: 'node-1' })
    await expect(spawned).rejects.toMatchObject({ code: 'ERR_TROUPE_DEFINITION_NOT_FOUND' })
    await expect(spawned).rejects.toThrow(/test file .*configuration\.test\.ts.*move it to its own module/)
  })

  it('a node that is not there, and bad spawn options, are refused', async () => {
    await using system = await startSystem({ threads: 1 })
    const nowhere = system.spawn(Counter, { start: 0 }, { node: 'node-9' })
    await expect(nowhere).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    await expect(nowhere).rejects.toThrow(/there are main, node-1/)
    await expect(system.killNode('main')).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    await system.spawn(Counter, { start: 0 }, { name: 'taken' })
    await expect(system.spawn(Counter, { start: 0 }, { name: 'taken' })).rejects.toMatchObject({
      code: 'ERR_TROUPE_NAME_TAKEN',
    })
    await expect(system.spawn(Counter, { start: 0 }, { durableId: 'x' })).rejects.toThrow(/has no disk/)
  })
})

describe('a definition that another thread cannot find', () => {
  it.each([
    { name: 'Absent', module: 'absent-module.ts', message: /absent-module\.ts cannot be imported/ },
    { name: 'Unlucky', module: 'throwing-module.ts', message: /threw while it was imported: not on this thread/ },
    { name: 'Hidden', module: 'private-definition.ts', message: /named Hidden; it exports: Visible/ },
    { name: 'Twin', module: 'twins.ts', message: /exports two actor definitions named Twin/ },
    { name: 'Any', module: 'services.ts', message: /exports: no actor definition at all/ },
  ])('is named: $name', async ({ name, module, message }) => {
    await using system = await startSystem({ threads: 1 })
    const spawned = system.spawn(at(fixture(module), name), undefined)
    await expect(spawned).rejects.toMatchObject({ code: 'ERR_TROUPE_DEFINITION_NOT_FOUND' })
    await expect(spawned).rejects.toThrow(message)
    if (name === 'Unlucky') await expect(spawned).rejects.toMatchObject({ cause: { message: 'not on this thread' } })
    // The thread is none the worse for it.
    expect((await system.spawn(Visible, undefined)).ref.node).toBe('node-1')
  })

  it('because its module creates a system too', async () => {
    await using system = await startSystem({ threads: 1 })
    const spawned = system.spawn(at(fixture('main-file.ts'), 'Misplaced'), undefined)
    await expect(spawned).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    await expect(spawned).rejects.toThrow(/main-file\.ts defines an actor and also calls createSystem/)
    expect((await system.spawn(Visible, undefined)).ref.node).toBe('node-1')
  })
})

describe('what an actor on another thread may not do', () => {
  it('create a system', async () => {
    await using system = await startSystem({ threads: 1 })
    const echo = await system.spawn(Echo, undefined, { supervise: { onFailure: 'resume' } })
    await expect(echo.ask('createSystem')).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
  })

  it('use a service that the threads were not given', async () => {
    await using system = await startSystem({ threads: 1, services: { greeting: {} } })
    const echo = await system.spawn(Echo, undefined)
    await expect(echo.ask('greet', 'you')).rejects.toMatchObject({ code: 'ERR_TROUPE_SERVICE_MISSING' })
  })

  it.each([true, false])('get or give what is no value (development: %s)', async (development) => {
    await using system = await startSystem({ threads: 1, development })
    const echo = await system.spawn(Echo, undefined, { supervise: { onFailure: 'resume' } })
    const refused = echo.ask('echo', { list: [{ call: () => 1 }] })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
    await expect(refused).rejects.toThrow(/message echo to node-1\.0.*payload\.list\[0\]\.call/)
    expect(() => echo.tell('echo', new (class Odd {})())).toThrow(/Odd/)
    const failure = nextEvent(system, 'failure')
    await expect(echo.ask('replyWithFunction')).rejects.toMatchObject({ code: 'ERR_TROUPE_NOT_SENDABLE' })
    expect((await failure).error.message).toMatch(/payload\.inner\.call/)
  })
})
