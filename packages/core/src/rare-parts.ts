/** What a context has only once its actor asked for it. */
import type { ActorLog, Reminders, Timers } from './context.ts'
import type { Envelope } from './envelope.ts'
import type { RandomStream } from './ports/random.ts'

export class RareParts {
  timers: Timers<any> | undefined = undefined
  /** The message that was sent on last. */
  forwarded: Envelope | undefined = undefined
  /** The message whose reply was deferred last. */
  deferred: Envelope | undefined = undefined
  /** Of this turn's signal, once somebody asked for it. */
  controller: AbortController | undefined = undefined
  reminders: Reminders<any> | undefined = undefined
  random: RandomStream | undefined = undefined
  log: ActorLog | undefined = undefined
}
