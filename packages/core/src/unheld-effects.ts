/** The effects of a durable actor that are not held: what the actor sees of the world, and what stays inside it. */
import type { ActorCell } from './actor-cell.ts'
import type { Ref, ReplyToken } from './actor-ref.ts'
import type { LogFields, LogLevel } from './context.ts'
import type { Deferral } from './deferrals.ts'
import type { TimerRequest } from './effects.ts'
import type { Envelope } from './envelope.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { RandomStream } from './ports/random.ts'

export abstract class UnheldEffects {
  readonly checksOptions: boolean
  protected readonly kernel: NodeKernel

  constructor(kernel: NodeKernel) {
    this.kernel = kernel
    this.checksOptions = kernel.checksOptions
  }

  defer(from: ActorCell, token: ReplyToken): Deferral {
    return this.kernel.defer(from, token)
  }

  unhandled(from: ActorCell, envelope: Envelope): void {
    this.kernel.unhandled(from, envelope)
  }

  watch(from: ActorCell, ref: Ref): void {
    this.kernel.watch(from, ref)
  }

  unwatch(from: ActorCell, ref: Ref): void {
    this.kernel.unwatch(from, ref)
  }

  startTimer(from: ActorCell, timer: TimerRequest): void {
    this.kernel.startTimer(from, timer)
  }

  cancelTimer(from: ActorCell, key: string): void {
    this.kernel.cancelTimer(from, key)
  }

  cancelTimers(from: ActorCell): void {
    this.kernel.cancelTimers(from)
  }

  isTimerActive(from: ActorCell, key: string): boolean {
    return this.kernel.isTimerActive(from, key)
  }

  stash(from: ActorCell, envelope: Envelope): void {
    this.kernel.stash(from, envelope)
  }

  unstashAll(from: ActorCell): void {
    this.kernel.unstashAll(from)
  }

  backlog(from: ActorCell, ref: Ref): number | undefined {
    return this.kernel.backlog(from, ref)
  }

  /** A question about names, which tells nobody of this actor's state. */
  lookupPath(from: ActorCell, path: string): Promise<Ref | undefined> {
    return this.kernel.lookupPath(from, path)
  }

  now(): number {
    return this.kernel.now()
  }

  monotonicNow(): number {
    return this.kernel.monotonicNow()
  }

  random(from: ActorCell): RandomStream {
    return this.kernel.random(from)
  }

  use(from: ActorCell, service: string): unknown {
    return this.kernel.use(from, service)
  }

  log(from: ActorCell, level: LogLevel, message: string, fields: LogFields | undefined): void {
    this.kernel.log(from, level, message, fields)
  }

  faultPoint(from: ActorCell, name: string): Promise<void> | undefined {
    return this.kernel.faultPoint(from, name)
  }
}
