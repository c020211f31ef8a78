/** The event stream of a node that may fail: what its actors tell their operators, the program's own stream tells too. */
import { EventStream, type SystemEvents } from '@troupe/core'

/** What is told of the actors of all nodes. Who is up and who is down the program hears from its own node. */
const told: ReadonlySet<keyof SystemEvents> = new Set<keyof SystemEvents>([
  'deadLetter',
  'failure',
  'lateRejection',
  'restarted',
  'escalated',
  'journalOpened',
  'serviceFailed',
  'log',
])

/** No listeners, which would have to be made and put in at each start of the node. */
export class ForwardedEvents extends EventStream {
  readonly #to: EventStream

  constructor(to: EventStream) {
    super()
    this.#to = to
  }

  override emit<Name extends keyof SystemEvents>(event: Name, ...facts: SystemEvents[Name]): boolean {
    const isHeard = super.emit(event, ...facts)
    return (told.has(event) && this.#to.emit(event, ...facts)) || isHeard
  }
}
