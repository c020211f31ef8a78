/** `ctx.timers`: checks what it is given and hands it to the effects of the turn that is open. */
import type { ActorCell } from './actor-cell.ts'
import type { FixedDelay, FixedRate, Timers } from './context.ts'
import type { Effects, TimerRequest } from './effects.ts'
import { ConfigurationError } from './errors.ts'
import { type KnownOptions, refuseUnknownOptions } from './known-options.ts'
import { shownValue } from './shown-value.ts'

const delayMsMax = 2 ** 31 - 1

interface OnceOptions {
  readonly key: string
  readonly delayMs: number
}

const knownOfOnce: KnownOptions<OnceOptions> = { key: true, delayMs: true }
const knownOfDelay: KnownOptions<FixedDelay> = { key: true, delayMs: true, initialDelayMs: true }
const knownOfRate: KnownOptions<FixedRate> = { key: true, periodMs: true, initialDelayMs: true }

export class TurnTimers implements Timers<any> {
  readonly #cell: ActorCell
  readonly #open: () => Effects

  /** `open` gives the effects of the running turn, or throws when there is none. */
  constructor(cell: ActorCell, open: () => Effects) {
    this.#cell = cell
    this.#open = open
  }

  once(options: OnceOptions, name: string, ...payload: unknown[]): void {
    this.#refuseUnknown('once', options, knownOfOnce)
    const { key, delayMs } = options
    this.#start({ key, delayMs, name, payload: payload[0], repeat: undefined }, 'delayMs')
  }

  fixedDelay(options: FixedDelay, name: string, ...payload: unknown[]): void {
    this.#refuseUnknown('fixedDelay', options, knownOfDelay)
    const { key, delayMs, initialDelayMs } = options
    this.#checkEvery('delayMs', delayMs)
    const repeat = { kind: 'delay', everyMs: delayMs } as const
    this.#start({ key, delayMs: initialDelayMs ?? delayMs, name, payload: payload[0], repeat }, 'initialDelayMs')
  }

  fixedRate(options: FixedRate, name: string, ...payload: unknown[]): void {
    this.#refuseUnknown('fixedRate', options, knownOfRate)
    const { key, periodMs, initialDelayMs } = options
    this.#checkEvery('periodMs', periodMs)
    const repeat = { kind: 'rate', everyMs: periodMs } as const
    this.#start({ key, delayMs: initialDelayMs ?? periodMs, name, payload: payload[0], repeat }, 'initialDelayMs')
  }

  cancel(key: string): void {
    this.#open().cancelTimer(this.#cell, this.#checkKey(key))
  }

  cancelAll(): void {
    this.#open().cancelTimers(this.#cell)
  }

  isActive(key: string): boolean {
    return this.#open().isTimerActive(this.#cell, this.#checkKey(key))
  }

  #refuseUnknown(call: string, options: object, known: Readonly<Record<string, true>>): void {
    if (this.#open().checksOptions) refuseUnknownOptions(`${this.#cell.path()}: timers.${call}`, options, known)
  }

  #start(request: TimerRequest, option: string): void {
    const effects = this.#open()
    this.#checkKey(request.key)
    checkDelay(this.#cell, option, request.delayMs)
    effects.startTimer(this.#cell, request)
  }

  #checkKey(key: string): string {
    if (typeof key === 'string' && !key.startsWith('@')) return key
    throw new ConfigurationError(
      `${this.#cell.path()}: a timer's key must be a string that does not begin with @, got ${shownValue(key)}`,
    )
  }

  #checkEvery(option: string, everyMs: number): void {
    if (everyMs >= 1 && everyMs <= delayMsMax) return
    throw new ConfigurationError(
      `${this.#cell.path()}: the ${option} of a repeating timer must be from 1 to 2^31 - 1, got ${shownValue(everyMs)}`,
    )
  }
}

/** Throws a `ConfigurationError` when `delayMs` is no delay of a timer. */
export function checkDelay(cell: ActorCell, option: string, delayMs: number): void {
  if (delayMs >= 0 && delayMs <= delayMsMax) return
  throw new ConfigurationError(
    `${cell.path()}: a timer's ${option} must be a number from 0 to 2^31 - 1, got ${shownValue(delayMs)}`,
  )
}
