/** Tasks on the pool of threads: where they run, how they fail, how they are ended, and that nothing is left of them. */
import type { TaskError, TroupeError } from '@troupe/core'
import { describe, expect, it } from 'vitest'
import {
  disobey,
  double,
  Employer,
  exit,
  fail,
  fillMemory,
  increment,
  obey,
  obeyLater,
  spin,
  where,
} from './fixtures/tasks.ts'
import { elsewhere, holder, homeless } from './fixtures/tasks-at-fault.ts'
import { startSystem } from './support.ts'

const memory = () => new SharedArrayBuffer(8)
const words = (shared: SharedArrayBuffer) => new Int32Array(shared)

/** Resolves once the number at `index` is at least `least`. */
async function reached(shared: SharedArrayBuffer, index: number, least: number): Promise<void> {
  const view = words(shared)
  for (let value = Atomics.load(view, index); value < least; value = Atomics.load(view, index)) {
    await Atomics.waitAsync(view, index, value).value
  }
}

const failureOf = async (task: Promise<unknown>): Promise<TroupeError> => {
  try {
    await task
  } catch (error) {
    return error as TaskError
  }
  throw new Error('the task did not fail')
}

describe('tasks', () => {
  it('start no thread before the first one', async () => {
    await using system = await startSystem({ tasks: { maxThreads: 1 } })
    expect(system.inspectTasks()).toEqual({ threads: 0, running: 0, queued: 0 })
    expect(await system.task(double, { n: 21 })).toBe(42)
    expect(system.inspectTasks()).toEqual({ threads: 1, running: 0, queued: 0 })
  })

  it('run on threads of their own, from the program and from every node', async () => {
    await using system = await startSystem({ tasks: { maxThreads: 1 } })
    const fromProgram = await system.task(where, undefined)
    expect(fromProgram.isMainThread).toBe(false)
    for (const node of ['local', 'node-1', 'node-2']) {
      const employer = await system.spawn(Employer, undefined, { node })
      expect(await employer.ask('where')).toEqual(fromProgram)
      expect(await employer.ask('double', 4)).toBe(8)
    }
  })

  it('fail with what they threw, class and code kept, from the program and from a node', async () => {
    await using system = await startSystem({ tasks: { maxThreads: 1 } })
    const employer = await system.spawn(Employer, undefined, { node: 'node-1' })
    for (const failed of [await failureOf(system.task(fail, undefined)), await failureOf(employer.ask('fail'))]) {
      expect(failed).toMatchObject({ name: 'TaskError', code: 'ERR_TROUPE_TASK', cause: { code: 'ERR_ODD' } })
      expect(failed.facts).toMatchObject({
        task: 'fail',
        reason: 'failed',
        module: expect.stringMatching(/tasks\.ts$/),
      })
    }
  })

  it('that end their thread fail alone', async () => {
    const resourceLimits = { maxOldGenerationSizeMb: 32 }
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 2, resourceLimits } })
    const shared = memory()
    const stop = new AbortController()
    const other = failureOf(system.task(obey, shared, { signal: stop.signal }))
    await reached(shared, 0, 1)
    const exited = await failureOf(system.task(exit, 3))
    expect(exited).toMatchObject({ name: 'TaskError', facts: { task: 'exit', reason: 'died' } })
    expect(exited.message).toContain('exit code 3')
    const starved = await failureOf(system.task(fillMemory, undefined))
    expect(starved.message).toMatch(/fillMemory of .*ran out of memory/)
    expect(await system.task(double, { n: 1 })).toBe(2)
    expect(Atomics.load(words(shared), 1)).toBe(0)
    stop.abort()
    expect((await other).facts).toMatchObject({ reason: 'aborted' })
    await reached(shared, 1, 1)
  })

  it('that no thread can find are refused, naming task and module', async () => {
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 1 } })
    for (const [task, message] of [
      [holder.task, /tasks-at-fault\.ts does not export a task named hidden; it exports: elsewhere, homeless/],
      [elsewhere, /elsewhere was not found on a thread for tasks: file:\/\/\/no\/such\/module\.ts cannot be imported/],
      [homeless, /homeless has no module/],
    ] as const) {
      const refused = await failureOf(system.task(task, undefined))
      expect(refused.code).toBe('ERR_TROUPE_DEFINITION_NOT_FOUND')
      expect(refused.message).toMatch(message)
    }
    await expect(system.task({ name: 'x' } as never, undefined as never)).rejects.toThrow(/defineTask/)
  })

  it('beyond the bound of the queue are refused', async () => {
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 1, queueMax: 1 } })
    const shared = memory()
    const stop = new AbortController()
    const first = failureOf(system.task(obey, shared, { signal: stop.signal }))
    const second = system.task(double, { n: 1 })
    expect(await failureOf(system.task(double, { n: 2 }))).toMatchObject({
      code: 'ERR_TROUPE_OVERLOAD',
      facts: { task: 'double', queueMax: 1 },
    })
    stop.abort()
    await first
    expect(await second).toBe(2)
  })

  it('are withdrawn from the queue', async () => {
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 1 } })
    const shared = memory()
    const stop = new AbortController()
    const first = failureOf(system.task(obey, shared, { signal: stop.signal }))
    const withdrawn = memory()
    const queued = failureOf(system.task(obey, withdrawn, { signal: stop.signal }))
    expect(system.inspectTasks()).toMatchObject({ running: 1, queued: 1 })
    stop.abort()
    await Promise.all([first, queued])
    expect(await system.task(double, { n: 1 })).toBe(2)
    expect(words(withdrawn)[0]).toBe(0)
  })

  it.each([
    ['in a loop', obey],
    ['asleep', obeyLater],
  ])('hear of their end %s, and their thread goes on', async (_how, task) => {
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 1, graceMs: 60_000 } })
    const before = await system.task(where, undefined)
    const shared = memory()
    const stop = new AbortController()
    const ended = failureOf(system.task(task, shared, { signal: stop.signal }))
    await reached(shared, 0, 1)
    stop.abort(new Error('enough'))
    expect(await ended).toMatchObject({ facts: { reason: 'aborted' }, cause: { message: 'enough' } })
    await reached(shared, 1, 1)
    expect(await system.task(where, undefined)).toEqual(before)
  })

  it('that do not end in time lose their thread, and another takes its place', async () => {
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 1, graceMs: 0 } })
    const before = await system.task(where, undefined)
    const late = await failureOf(system.task(disobey, memory(), { timeoutMs: 1 }))
    expect(late).toMatchObject({ code: 'ERR_TROUPE_TASK', facts: { reason: 'timeout', timeoutMs: 1 } })
    const after = await system.task(where, undefined)
    expect(after.threadId).not.toBe(before.threadId)
  })

  it('end with the node whose actor waits for them', async () => {
    await using system = await startSystem({ tasks: { maxThreads: 1, graceMs: 60_000 } })
    const employer = await system.spawn(Employer, undefined, { node: 'node-1', supervise: { onFailure: 'stop' } })
    const shared = memory()
    const asked = failureOf(employer.askWith({ timeoutMs: 60_000 }, 'obey', shared))
    await reached(shared, 0, 1)
    await system.killNode('node-1')
    expect((await asked).code).toBe('ERR_TROUPE_NODE_DOWN')
    await reached(shared, 1, 1)
    expect(await system.task(double, { n: 3 })).toBe(6)
  })

  it('move 64 MiB into a task and out of it', async () => {
    await using system = await startSystem({ threads: 1, tasks: { maxThreads: 1 } })
    const bytes = new Uint8Array(64 * 1024 * 1024)
    const { buffer } = bytes
    const result = await system.task(increment, bytes, { transfer: [buffer] })
    expect(buffer.detached).toBe(true)
    expect([result.length, result[0], result.at(-1)]).toEqual([64 * 1024 * 1024, 1, 1])
    const employer = await system.spawn(Employer, undefined, { node: 'node-1' })
    expect(await employer.ask('increment', 1024)).toEqual({ detached: true, length: 1024, first: 1 })
  })

  it('a thousand, a third of them cancelled, each end once, and leave the pool whole and no handle open', async () => {
    const system = await startSystem({ threads: 1, tasks: { maxThreads: 2, graceMs: 0 } })
    // A sequence that looks random and is the same in each run.
    let state = 12_345
    const draw = (count: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return (state >>> 8) % count
    }
    const ends = { done: 0, aborted: 0, other: 0 }
    const cancels: AbortController[] = []
    const tasks = Array.from({ length: 1_000 }, async (_, n) => {
      const controller = new AbortController()
      if (n % 3 === 0) cancels.push(controller)
      try {
        const result = await system.task(spin, { n, rounds: draw(40_000) }, { signal: controller.signal })
        if (result.n === n) ends.done++
        else ends.other++
      } catch (error) {
        if ((error as TaskError).facts?.reason === 'aborted') ends.aborted++
        else ends.other++
      }
      if (cancels.length > 0) cancels.splice(draw(cancels.length), 1)[0]?.abort()
    })
    for (let n = 0; n < 50; n++) cancels.splice(draw(cancels.length), 1)[0]?.abort()
    await Promise.all(tasks)
    expect(ends.done + ends.aborted).toBe(1_000)
    expect(ends.other).toBe(0)
    expect(ends.aborted).toBeGreaterThan(200)
    expect(ends.done).toBeGreaterThanOrEqual(666)
    for (let n = 0; n < 8; n++) expect(await system.task(double, { n })).toBe(2 * n)
    expect(system.inspectTasks()).toMatchObject({ running: 0, queued: 0 })
    await system.stop()
    expect(system.inspectTasks()).toEqual({ threads: 0, running: 0, queued: 0 })
    expect(process.getActiveResourcesInfo().filter((resource) => /Worker|MessagePort/.test(resource))).toEqual([])
  })

  it('end when the system stops', async () => {
    const system = await startSystem({ threads: 1, tasks: { maxThreads: 1 } })
    const shared = memory()
    const running = failureOf(system.task(disobey, shared))
    await reached(shared, 0, 1)
    const queued = failureOf(system.task(double, { n: 1 }))
    await system.stop()
    expect((await running).code).toBe('ERR_TROUPE_SYSTEM_STOPPED')
    expect((await queued).code).toBe('ERR_TROUPE_SYSTEM_STOPPED')
    await expect(system.task(double, { n: 1 })).rejects.toMatchObject({ code: 'ERR_TROUPE_SYSTEM_STOPPED' })
  })

  it.each([
    [{ maxThreads: 0 }, /tasks\.maxThreads must be/],
    [{ minThreads: 3, maxThreads: 2 }, /tasks\.minThreads must be/],
    [{ queueMax: -1 }, /tasks\.queueMax must be/],
    [{ graceMs: -1 }, /tasks\.graceMs must be/],
  ])('options that make no sense are refused: %o', async (tasks, message) => {
    await expect(startSystem({ tasks })).rejects.toThrow(message)
  })
})
