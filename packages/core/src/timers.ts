/**
 * The timers of a node's actors. A timer that comes due puts one envelope into its actor's mailbox, so that a slow
 * actor has at most one message of each of its timers waiting; the next one is scheduled when that was handled.
 */
import type { ActorCell } from './actor-cell.ts'
import type { TimerRequest } from './effects.ts'
import { Envelope, EnvelopeKind, type SpareEnvelope } from './envelope.ts'
import { prepareMessage } from './message-value.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { ScheduledTask } from './ports/clock.ts'

/** Messages of one fixed-rate timer that follow at once when its actor was late; what is missed beyond is left out. */
export const catchUpMax = 16

const noTask: ScheduledTask = { cancel() {} }

/** A timer of a cell, from its start until it was cancelled, replaced or has come the last time. */
export class RunningTimer implements TimerRequest {
  readonly key: string
  readonly delayMs: number
  readonly name: string
  readonly payload: unknown
  readonly repeat: TimerRequest['repeat']
  /** When the message under way was due, in milliseconds of the node's clock. */
  dueMs: number
  task: ScheduledTask = noTask
  /** True while it is the cell's timer of its key. */
  isRunning = true
  /** What it puts into the mailbox, and who does: made once, since it is there once at a time. */
  readonly envelope: Envelope
  readonly fire: () => void

  constructor(
    { key, delayMs, name, repeat }: TimerRequest,
    payload: unknown,
    dueMs: number,
    fire: (timer: RunningTimer) => void,
  ) {
    this.key = key
    this.delayMs = delayMs
    this.name = name
    this.payload = payload
    this.repeat = repeat
    this.dueMs = dueMs
    this.envelope = new Envelope(EnvelopeKind.timer, name, this, undefined, undefined)
    this.fire = () => fire(this)
  }

  cancel(): void {
    this.isRunning = false
    this.task.cancel()
  }
}

export class NodeTimers {
  readonly #kernel: NodeKernel

  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
  }

  /** Starts a timer, in the place of the one of the same key. */
  start(cell: ActorCell, request: TimerRequest): void {
    this.cancel(cell, request.key)
    const payload = prepareMessage(
      request.payload,
      this.#kernel.messages,
      () => `timer ${request.name} of ${cell.path()}`,
    )
    const timer = new RunningTimer(
      request,
      payload,
      this.#kernel.now() + request.delayMs,
      ({ isRunning, envelope }) => {
        if (isRunning && this.#kernel.alive) this.#kernel.enqueue(cell, envelope)
      },
    )
    cell.timers ??= new Map()
    cell.timers.set(request.key, timer)
    this.#schedule(timer, request.delayMs)
  }

  cancel(cell: ActorCell, key: string): void {
    const timer = cell.timers?.get(key)
    if (timer === undefined) return
    timer.cancel()
    cell.timers?.delete(key)
  }

  cancelAll(cell: ActorCell): void {
    const { timers } = cell
    if (timers === undefined) return
    for (const timer of timers.values()) timer.cancel()
    timers.clear()
  }

  /** Cancels those that the actor started itself: not the timeout of its behavior. */
  cancelOwn(cell: ActorCell): void {
    for (const key of [...(cell.timers?.keys() ?? [])]) if (!key.startsWith('@')) this.cancel(cell, key)
  }

  /** Puts the message of a timer that came due into `spare`; false when it was cancelled or replaced meanwhile. */
  due(cell: ActorCell, timer: RunningTimer, spare: SpareEnvelope): boolean {
    if (!timer.isRunning) return false
    if (timer.repeat === undefined) {
      timer.isRunning = false
      cell.timers?.delete(timer.key)
    } else cell.handling = timer
    spare.name = timer.name
    spare.payload = timer.payload
    spare.sender = cell.ref
    return true
  }

  /** The turn of the cell's repeating timer is over: its next message is scheduled, unless the turn cancelled it. */
  handled(cell: ActorCell): void {
    const timer = cell.handling
    if (timer === undefined) return
    cell.handling = undefined
    const { repeat } = timer
    if (repeat === undefined || !timer.isRunning) return
    const now = this.#kernel.now()
    if (repeat.kind === 'delay') timer.dueMs = now + repeat.everyMs
    else timer.dueMs = nextOnGrid(timer.dueMs, repeat.everyMs, now)
    this.#schedule(timer, Math.max(0, timer.dueMs - now))
  }

  #schedule(timer: RunningTimer, delayMs: number): void {
    timer.task = this.#kernel.ports.clock.schedule(delayMs, timer.fire)
  }
}

/**
 * The time after `dueMs` at which a fixed-rate timer fires: a whole number of periods later, so that nothing drifts.
 * No more than {@link catchUpMax} periods before `now`; should the clock have been set back, one period after it.
 */
export function nextOnGrid(dueMs: number, everyMs: number, now: number): number {
  const next = dueMs + everyMs
  if (next > now + 2 * everyMs) return now + everyMs
  const missed = Math.floor((now - next) / everyMs) + 1
  return missed > catchUpMax ? next + (missed - catchUpMax) * everyMs : next
}
