/** `ctx.reminders`: checks what it is given and hands it to the effects of the turn that is open. */
import type { ActorCell } from './actor-cell.ts'
import type { Reminders, ReminderTime } from './context.ts'
import type { Effects } from './effects.ts'
import { ConfigurationError } from './errors.ts'
import { refuseUnknownOptions } from './known-options.ts'
import { shownValue } from './shown-value.ts'

const known = { key: true, delayMs: true, atMs: true } as const

/** The last time that a `Date` can be. */
const timeMsMax = 8.64e15

export class TurnReminders implements Reminders<any> {
  readonly #cell: ActorCell
  readonly #open: () => Effects

  /** `open` gives the effects of the running turn, or throws when there is none. */
  constructor(cell: ActorCell, open: () => Effects) {
    this.#cell = cell
    this.#open = open
  }

  set(reminder: ReminderTime & { readonly key: string }, name: string, ...payload: unknown[]): void {
    const effects = this.#open()
    if (effects.checksOptions) refuseUnknownOptions(`${this.#cell.path()}: reminders.set`, reminder, known)
    const { key, delayMs } = reminder
    this.#checkKey(key)
    if (typeof name !== 'string') throw this.#refusal(`reminder ${key} needs the name of a message`)
    if ((delayMs === undefined) === (reminder.atMs === undefined)) {
      throw this.#refusal(`reminder ${key} needs either delayMs or atMs`)
    }
    const atMs = delayMs === undefined ? reminder.atMs : effects.now(this.#cell) + delayMs
    if ((delayMs !== undefined && !(delayMs >= 0)) || !(Math.abs(atMs) <= timeMsMax)) {
      throw this.#refusal(
        `reminder ${key} needs a delayMs from 0 or an atMs in milliseconds since 1970, got ${shownValue(delayMs ?? atMs)}`,
      )
    }
    effects.setReminder(this.#cell, { key, atMs, name, payload: payload[0] })
  }

  cancel(key: string): void {
    this.#open().cancelReminder(this.#cell, this.#checkKey(key))
  }

  #checkKey(key: string): string {
    if (typeof key === 'string') return key
    throw this.#refusal(`a reminder's key must be a string, got ${shownValue(key)}`)
  }

  #refusal(what: string): ConfigurationError {
    return new ConfigurationError(`${this.#cell.path()}: ${what}`, { actor: this.#cell.path() })
  }
}
