/** Handlers by the names of their messages. Most actors get the same message again and again, so the last one is remembered. */
import type { Handler } from './actor-definition.ts'

export class HandlerTable extends Map<string, Handler> {
  #name: string | undefined = undefined
  #handler: Handler | undefined = undefined

  /** The handler of `name`, as {@link Map.get} finds it. The table must be complete by then. */
  find(name: string): Handler | undefined {
    if (name === this.#name) return this.#handler
    const handler = this.get(name)
    this.#name = name
    this.#handler = handler
    return handler
  }
}
