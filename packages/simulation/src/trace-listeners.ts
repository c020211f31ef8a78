/** Who is told of the events of a run, by their types and messages: an event that nobody wants is not put together. */
import type { TraceListener } from './trace.ts'

/** What one listener wants: `undefined` is all. */
interface Listening {
  readonly listener: TraceListener
  readonly only: ReadonlySet<string> | undefined
  readonly messages: ReadonlySet<string> | undefined
}

/** Who is told of the events of one message that there are most of; `undefined`: they need not be put together. */
export interface MessageListeners {
  readonly turn: readonly TraceListener[] | undefined
  readonly sent: readonly TraceListener[] | undefined
  readonly delivered: readonly TraceListener[] | undefined
}

/** Messages for which the listeners of a type are remembered. */
const messagesMax = 1_000

export class TraceListeners {
  readonly #listening: Listening[] = []
  readonly #types = new Map<string, ListenersOfType>()
  readonly #keepsAll: boolean

  /** `keepsAll`: each event is put together, whoever listens. */
  constructor(keepsAll: boolean) {
    this.#keepsAll = keepsAll
  }

  add(listener: TraceListener, only: readonly string[] | undefined, messages: readonly string[] | undefined): void {
    this.#listening.push({ listener, only: only && new Set(only), messages: messages && new Set(messages) })
    for (const [type, known] of this.#types) known.listening = this.#of(type)
  }

  /** Those of one type of events, now and later. */
  of(type: string): ListenersOfType {
    let known = this.#types.get(type)
    if (known === undefined) {
      known = new ListenersOfType(this.#keepsAll)
      known.listening = this.#of(type)
      this.#types.set(type, known)
    }
    return known
  }

  #of(type: string): Listening[] {
    return this.#listening.filter(({ only }) => only?.has(type) ?? true)
  }
}

/** Who is told of the events of one type. */
export class ListenersOfType {
  readonly #keepsAll: boolean
  #listening: readonly Listening[] = []
  readonly #byMessage = new Map<string, readonly TraceListener[] | undefined>()

  constructor(keepsAll: boolean) {
    this.#keepsAll = keepsAll
  }

  set listening(listening: readonly Listening[]) {
    this.#listening = listening
    this.#byMessage.clear()
  }

  /** Who wants the event of that message, the empty one where there is none; `undefined`: it need not be put together. */
  of(message: string): readonly TraceListener[] | undefined {
    if (this.#listening.length === 0 && !this.#keepsAll) return undefined
    const known = this.#byMessage.get(message)
    if (known !== undefined || this.#byMessage.has(message)) return known
    const wanting = this.#listening.filter(({ messages }) => message === '' || (messages?.has(message) ?? true))
    const listeners = wanting.length > 0 || this.#keepsAll ? wanting.map(({ listener }) => listener) : undefined
    if (this.#byMessage.size < messagesMax) this.#byMessage.set(message, listeners)
    return listeners
  }
}
