/**
 * Handlers by the names of their messages. Most actors get the same message again and again, or two in turn, so the last
 * two are remembered; of all others the last one of each length, since the names of a protocol rarely have the same. The
 * fields are private by their types alone, as in the turn loop.
 */
import type { Handler } from './actor-definition.ts'

/** Lengths of names that are told apart. A power of two. */
const lengths = 16

/** The handler of one name that was looked for. */
interface Found {
  readonly name: string
  readonly handler: Handler | undefined
}

const foundNothing: Found = { name: '', handler: undefined }

export class HandlerTable extends Map<string, Handler> {
  // Texts from the start: what was `undefined` once is compared by a call.
  private name = ''
  private handler = this.get('')
  private nameBefore = ''
  private handlerBefore = this.handler
  private byLength: Found[] | undefined = undefined

  /** The handler of `name`, as {@link Map.get} finds it. The table must be complete by then. */
  find(name: string): Handler | undefined {
    if (name === this.name) return this.handler
    return name === this.nameBefore ? this.handlerBefore : this.#search(name)
  }

  #search(name: string): Handler | undefined {
    const handler = this.#ofLength(name)
    this.nameBefore = this.name
    this.handlerBefore = this.handler
    this.name = name
    this.handler = handler
    return handler
  }

  #ofLength(name: string): Handler | undefined {
    this.byLength ??= new Array<Found>(lengths).fill(foundNothing)
    const place = name.length & (lengths - 1)
    const found = this.byLength[place] as Found
    if (found.name === name && found !== foundNothing) return found.handler
    const handler = this.get(name)
    if (handler !== undefined) this.byLength[place] = { name, handler }
    return handler
  }
}
