/**
 * Handlers by the names of their messages. Most actors get the same message again and again, or two in turn, so the last
 * two are remembered; of all others the last one in each of some places, which a name's length and two of its units say. The
 * fields are private by their types alone, as in the turn loop.
 */
import type { Handler } from './actor-definition.ts'
import { namePlace } from './name-place.ts'

/** A power of two. */
const places = 64

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
  private found: Found[] | undefined = undefined

  /** The handler of `name`, as {@link Map.get} finds it. The table must be complete by then. */
  find(name: string): Handler | undefined {
    if (name === this.name) return this.handler
    return name === this.nameBefore ? this.handlerBefore : this.#search(name)
  }

  #search(name: string): Handler | undefined {
    const handler = this.#searchPlace(name)
    this.nameBefore = this.name
    this.handlerBefore = this.handler
    this.name = name
    this.handler = handler
    return handler
  }

  #searchPlace(name: string): Handler | undefined {
    this.found ??= new Array<Found>(places).fill(foundNothing)
    const place = namePlace(name, places)
    const found = this.found[place] as Found
    if (found.name === name && found !== foundNothing) return found.handler
    const handler = this.get(name)
    if (handler !== undefined) this.found[place] = { name, handler }
    return handler
  }
}
