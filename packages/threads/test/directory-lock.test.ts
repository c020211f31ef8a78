/** A data directory has one writer: whoever comes second is told who has it, and whoever died has it no more. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdtempSync, openSync, readdirSync, readSync, rmSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Worker } from 'node:worker_threads'
import { createLocalSystem } from '@troupe/core'
import { afterAll, describe, expect, it } from 'vitest'
import { DataDirectoryInUseError, NodeDisk } from '../src/index.ts'
import { Account } from './fixtures/account.ts'
import { fixture, startSystem } from './support.ts'

const root = mkdtempSync(join(tmpdir(), 'troupe-lock-'))
let directories = 0
const freshDirectory = () => join(root, String(++directories))
afterAll(() => rmSync(root, { recursive: true }))

const close = (disk: NodeDisk) => new Promise<void>((resolve) => disk.close(() => resolve()))

/** The error of what has to be refused. */
function refused(attempt: () => unknown): DataDirectoryInUseError {
  try {
    attempt()
  } catch (error) {
    if (error instanceof DataDirectoryInUseError) return error
    throw error
  }
  throw new Error('it was not refused')
}

/** A process that tries to take a directory when told. */
class Contender {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(directory: string) {
    const program = join(import.meta.dirname, 'fixtures', 'directory-holder.ts')
    const child = spawn(process.execPath, [program, directory], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.child = child
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  }

  async ready(): Promise<void> {
    expect(await this.#line()).toBe('ready')
  }

  /** `held`, or why not. */
  async take(): Promise<string> {
    this.child.stdin?.write('\n')
    return this.#line()
  }

  async end(signal?: 'SIGKILL'): Promise<void> {
    const gone = once(this.child, 'exit')
    if (signal === undefined) this.child.stdin?.end()
    else this.child.kill(signal)
    await gone
  }

  async #line(): Promise<string> {
    const { value } = await this.#lines.next()
    return value
  }
}

describe('two systems on one data directory', () => {
  it('in one process: the second is refused with the holder, the first goes on, and after it the next may', async () => {
    const dataDirectory = freshDirectory()
    const before = new Date().toISOString()
    const first = await startSystem({ threads: 1, dataDirectory })
    const account = await first.spawn(Account, undefined, { durableId: 'account' })
    const error = await startSystem({ threads: 1, dataDirectory }).catch((error) => error)
    expect(error).toMatchObject({
      name: 'DataDirectoryInUseError',
      code: 'ERR_TROUPE_DATA_DIRECTORY_IN_USE',
      facts: { directory: join(dataDirectory, 'main'), pid: process.pid, host: hostname() },
    })
    expect(error.facts.since >= before).toBe(true)
    expect(error.message).toContain(`process ${process.pid} (this one)`)
    expect(error.message).toContain(hostname())
    expect(await account.ask('deposit', 5)).toBe(5)
    await first.stop()
    await using second = await startSystem({ threads: 1, dataDirectory })
    const again = await second.spawn(Account, undefined, { durableId: 'account' })
    expect(await again.ask('balance')).toBe(5)
  })

  it('of which one is a local system on the same disk', async () => {
    const dataDirectory = freshDirectory()
    const disk = new NodeDisk(join(dataDirectory, 'main'))
    const system = createLocalSystem({ disk })
    await expect(startSystem({ threads: 1, dataDirectory })).rejects.toBeInstanceOf(DataDirectoryInUseError)
    await system.stop()
    await close(disk)
    await (await startSystem({ threads: 1, dataDirectory })).stop()
  })

  it('in two processes: the second is refused with the process id of the first, until that is killed', async () => {
    const directory = freshDirectory()
    const holder = new Contender(directory)
    await holder.ready()
    expect(await holder.take()).toBe('held')
    expect(refused(() => new NodeDisk(directory)).facts).toMatchObject({
      pid: holder.child.pid,
      host: hostname(),
      directory,
    })
    await holder.end('SIGKILL')
    await close(new NodeDisk(directory))
  })

  it('of whom several take over from one that died: one has it', async () => {
    const directory = freshDirectory()
    const dead = new Contender(directory)
    const contenders = Array.from({ length: 4 }, () => new Contender(directory))
    await Promise.all([dead, ...contenders].map((contender) => contender.ready()))
    expect(await dead.take()).toBe('held')
    await dead.end('SIGKILL')
    const answers = await Promise.all(contenders.map((contender) => contender.take()))
    const losers = answers.filter((answer) => answer !== 'held')
    expect(losers.length).toBe(3)
    for (const loser of losers) expect(JSON.parse(loser).code).toBe('ERR_TROUPE_DATA_DIRECTORY_IN_USE')
    await Promise.all(contenders.map((contender) => contender.end()))
    await close(new NodeDisk(directory))
  })
})

describe('the lock', () => {
  it('believes no file: a holder that names a living process, and no lock, is one that died', async () => {
    const directory = freshDirectory()
    await close(new NodeDisk(directory))
    writeFileSync(
      join(directory, '.holder'),
      JSON.stringify({ pid: process.ppid, thread: 0, host: hostname(), since: '' }),
    )
    const disk = new NodeDisk(directory)
    expect(refused(() => new NodeDisk(directory)).facts.pid).toBe(process.pid)
    await close(disk)
  })

  it('is refused too while nobody can read who has it', async () => {
    const directory = freshDirectory()
    const disk = new NodeDisk(directory)
    writeFileSync(join(directory, '.holder'), '{"pid":')
    expect(refused(() => new NodeDisk(directory)).message).toMatch(/by another disk that has not said who it is/)
    await close(disk)
  })

  it('leaves no name behind when it was given back', async () => {
    const directory = freshDirectory()
    await close(new NodeDisk(directory))
    expect(readdirSync(directory)).toEqual(['.lock'])
  })

  it.runIf(process.platform === 'linux')(
    'is kept by a thread that was terminated until its last write is done, and the thread has not ended before',
    async () => {
      const directory = freshDirectory()
      const bytes = 1024 ** 2
      /** What a pipe takes in without a reader. */
      const pipeBytesMax = 64 * 1024
      const pipe = join(root, 'pipe')
      execFileSync('mkfifo', [pipe])
      const reader = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK)
      const chunk = new Uint8Array(4_096)
      let total = 0
      const readMore = async () => {
        for (;;) {
          try {
            const count = readSync(reader, chunk)
            expect(chunk.subarray(0, count).every((byte) => byte === 7)).toBe(true)
            total += count
            return
          } catch (error) {
            if ((error as { code?: string }).code !== 'EAGAIN') throw error
            await new Promise((resolve) => setImmediate(resolve))
          }
        }
      }
      const worker = new Worker(fixture('blocked-writer.ts'), { workerData: { directory, pipe, bytes } })
      let totalAtEnd: number | undefined
      worker.once('exit', () => {
        totalAtEnd = total
      })
      // The write is under way.
      await readMore()
      const ended = once(worker, 'exit')
      void worker.terminate()
      while (total < bytes - pipeBytesMax - chunk.length) {
        expect(refused(() => new NodeDisk(directory)).facts).toMatchObject({ thread: worker.threadId })
        await readMore()
      }
      while (total < bytes) await readMore()
      await ended
      expect(totalAtEnd).toBeGreaterThanOrEqual(bytes - pipeBytesMax)
      await close(new NodeDisk(directory))
      closeSync(reader)
    },
  )
})
