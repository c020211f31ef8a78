/**
 * Handlers by the names of their messages. Most actors get the same message again and again, or two in turn, so the last
 * two are remembered. The fields are private by their types alone, as in the turn loop.
 */
import type { Handler } from './actor-definition.ts'

export class HandlerTable extends Map<string, Handler> {
  private name: string | undefined = undefined
  private handler: Handler | undefined = undefined
  private nameBefore: string | undefined = undefined
  private handlerBefore: Handler | undefined = undefined

  /** The handler of `name`, as {@link Map.get} finds it. The table must be complete by then. */
  find(name: string): Handler | undefined {
    if (name === this.name) return this.handler
    return name === this.nameBefore ? this.handlerBefore : this.#search(name)
  }

  #search(name: string): Handler | undefined {
    const handler = this.get(name)
    this.nameBefore = this.name
    this.handlerBefore = this.handler
    this.name = name
    this.handler = handler
    return handler
  }
}
