/**
 * The timers of a node's actors. A timer that comes due puts one envelope into its actor's mailbox, so that a slow
 * actor has at most one message of each of its timers waiting; the next one is scheduled when that was handled.
 */
import type { ActorCell } from './actor-cell.ts'
import type { TimerRequest } from './effects.ts'
import { Envelope, EnvelopeKind } from './envelope.ts'
import { prepareMessage } from './message-value.ts'
import type { NodeKernel } from './node-kernel.ts'
import type { ScheduledTask } from './ports/clock.ts'

/** Messages of one fixed-rate timer that follow at once when its actor was late; what is missed beyond is left out. */
export const catchUpMax = 16

/** A running timer of a cell. */
export interface RunningTimer extends TimerRequest {
  /** When the message under way was due, in milliseconds of the node's clock. */
  dueMs: number
  task: ScheduledTask
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
    const timer: RunningTimer = { ...request, payload, dueMs: this.#kernel.now() + request.delayMs, task: noTask }
    cell.timers ??= new Map()
    cell.timers.set(request.key, timer)
    this.#schedule(cell, timer, request.delayMs)
  }

  cancel(cell: ActorCell, key: string): void {
    cell.timers?.get(key)?.task.cancel()
    cell.timers?.delete(key)
  }

  cancelAll(cell: ActorCell): void {
    for (const timer of cell.timers?.values() ?? []) timer.task.cancel()
    cell.timers?.clear()
  }

  /** Cancels those that the actor started itself: not the timeout of its behavior. */
  cancelOwn(cell: ActorCell): void {
    for (const key of [...(cell.timers?.keys() ?? [])]) if (!key.startsWith('@')) this.cancel(cell, key)
  }

  /** The message of a timer that came due, unless it was cancelled or replaced meanwhile. */
  due(cell: ActorCell, timer: RunningTimer): Envelope | undefined {
    if (cell.timers?.get(timer.key) !== timer) return undefined
    if (timer.repeat === undefined) cell.timers.delete(timer.key)
    else cell.handling = timer
    return new Envelope(EnvelopeKind.message, timer.name, timer.payload, cell.ref, undefined)
  }

  /** The turn of the cell's repeating timer is over: its next message is scheduled, unless the turn cancelled it. */
  handled(cell: ActorCell): void {
    const timer = cell.handling
    if (timer === undefined) return
    cell.handling = undefined
    const { repeat } = timer
    if (repeat === undefined || cell.timers?.get(timer.key) !== timer) return
    const now = this.#kernel.now()
    if (repeat.kind === 'delay') timer.dueMs = now + repeat.everyMs
    else timer.dueMs = nextOnGrid(timer.dueMs, repeat.everyMs, now)
    this.#schedule(cell, timer, Math.max(0, timer.dueMs - now))
  }

  #schedule(cell: ActorCell, timer: RunningTimer, delayMs: number): void {
    timer.task = this.#kernel.ports.clock.schedule(delayMs, () => {
      if (cell.timers?.get(timer.key) === timer && this.#kernel.alive) {
        this.#kernel.enqueue(cell, new Envelope(EnvelopeKind.timer, timer.name, timer, undefined, undefined))
      }
    })
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

const noTask: ScheduledTask = { cancel() {} }
