/**
 * A system of actors whose states can be renamed. Ids are names of actors, or of nodes: a renaming takes an actor to the
 * one that has the new names, so its local state moves to another place of the tuple, and every message, reference and
 * string that names an id follows.
 */
import { ReplyToken, refKey } from '@troupe/core'
import type { Ref } from '@troupe/core/host'
import type { ActorSystem } from './actor-system.ts'
import { askOf, tokenOf } from './ask-table.ts'
import { canonicalValue } from './canonical-value.ts'
import type { SystemActor } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'
import { remembered } from './remembered.ts'
import { renamedValue } from './renamed-value.ts'
import { rewrittenLocal } from './rewritten-local.ts'
import type { Step } from './step.ts'
import type { Recovered } from './storage.ts'
import type { Renaming, SymmetricSystem } from './symmetry.ts'
import type { TransitionSystem, Visit } from './transition-system.ts'

/** What one renaming makes of the parts of a state, as far as it was asked. */
interface Renamed {
  /** The actor that each actor becomes. */
  readonly actors: readonly number[]
  readonly locals: Map<number, number>[]
  readonly messages: Map<number, number>
  readonly networks: Map<number, number>
  readonly histories: Map<number, number>
}

export class ActorSymmetry implements TransitionSystem<Step>, SymmetricSystem {
  readonly width: number
  readonly #system: ActorSystem
  readonly #renamed = new Map<number, Renamed>()
  readonly #signatures: Interner<undefined>
  readonly #parts = new Map<string, string>()

  constructor(system: ActorSystem, log?: NumberLog) {
    this.#system = system
    this.#signatures = new Interner(log)
    this.width = system.width
  }

  initial(): readonly Int32Array[] {
    return this.#system.initial()
  }

  expand(tuple: Int32Array, visit: Visit<Step>): boolean {
    return this.#system.expand(tuple, visit)
  }

  prepare(renaming: Renaming): void {
    const { actors } = this.#system.parts.system
    const name = (text: string) => renaming.names.get(text) ?? text
    const { asks } = this.#system.parts
    if (renaming.isView) {
      renaming.ref = (ref) => `\0to ${name(ref.node)}/${name(String(ref.name))}`
      renaming.token = (token) => {
        const ask = askOf(token)
        return ask === 0 ? `\0answers nobody of ${name(token.node)}` : `\0answers ${this.#askText(ask, name)}`
      }
      return
    }
    const places = actors.map(({ node, name: own }) =>
      actors.findIndex((other) => other.node === name(node) && other.name === name(own)),
    )
    for (const [from, to] of renaming.names) {
      if (!actors.some((actor) => actor.name === from || actor.node === from)) {
        throw new CheckerError(`symmetry: no actor and no node is named ${from}`, { id: from })
      }
      const alone = actors.find((_actor, index) => places[index] === -1)
      if (alone !== undefined) {
        throw new CheckerError(`symmetry: ${alone.label} has no counterpart when ${from} is called ${to}`, { from, to })
      }
    }
    const byKey = new Map<string, Ref>(
      actors.map(({ ref }, index) => [refKey(ref), this.#actor(places[index] as number).ref]),
    )
    renaming.ref = (ref) => byKey.get(refKey(ref)) ?? ref
    const renamed: Renamed = {
      actors: places,
      locals: actors.map(() => new Map()),
      messages: new Map(),
      networks: new Map(),
      histories: new Map(),
    }
    this.#renamed.set(renaming.index, renamed)
    renaming.token = (token) => {
      const ask = askOf(token)
      if (ask === 0) return new ReplyToken(name(token.node), token.epoch, token.askId)
      const after = this.#ask(renamed, ask)
      return tokenOf(after, this.#actor(asks.get(after).from).node)
    }
  }

  /** What a view sees of an ask. */
  #askText(id: number, name: (text: string) => string): string {
    const { from, to, ...rest } = this.#system.parts.asks.get(id)
    const [asker, asked] = [from, to].map(
      (actor) => `${name(this.#actor(actor).node)}/${name(this.#actor(actor).name)}`,
    )
    return JSON.stringify([asker, asked, rest])
  }

  renamed(tuple: Int32Array, renaming: Renaming, into: Int32Array): void {
    const renamed = this.#renamed.get(renaming.index) as Renamed
    const { places } = this.#system
    for (let actor = 0; actor < places.network; actor++) {
      into[renamed.actors[actor] as number] = this.#local(renamed, renaming, actor, tuple[actor] as number)
    }
    into[places.network] = this.#network(renamed, renaming, tuple[places.network] as number)
    if (places.history >= 0) into[places.history] = this.#history(renamed, renaming, tuple[places.history] as number)
    if (places.crashes >= 0) into[places.crashes] = tuple[places.crashes] as number
  }

  signature(tuple: Int32Array, view: Renaming): number {
    const { places, parts } = this.#system
    const name = (text: string) => view.names.get(text) ?? text
    const part = (key: string, make: () => unknown) => {
      const at = `${view.index} ${key}`
      const known = this.#parts.get(at)
      if (known !== undefined) return known
      const text = canonicalValue(renamedValue(make(), view), 'state', unlikely).key
      this.#parts.set(at, text)
      return text
    }
    const label = (actor: number) => `${name(this.#actor(actor).node)}/${name(this.#actor(actor).name)}`
    const message = (id: number) => {
      const { from, to, name: what, payload, ask, kind } = parts.messages.get(id)
      const answers = ask === 0 ? [] : [kind, this.#askText(ask, name)]
      return part(`m${id}`, () => [`${label(from)} ${label(to)} ${what}`, payload, ...answers])
    }
    const locals = parts.system.actors.map((_actor, index) => {
      const local = tuple[index] as number
      return `${label(index)} ${part(`${index} ${local}`, () => {
        const { state, timers, behavior, behaviorsBefore, isDown, storage, stash, front, asks, owed } =
          parts.transitions.local(index, local)
        const text = (ids: readonly number[]) => ids.map((id) => this.#askText(id, name)).sort()
        const unsynced = storage?.unsynced.map(({ recovered, held }) => [recovered, held.map(message)])
        return [
          state,
          timers,
          behavior,
          behaviorsBefore,
          isDown,
          storage?.recovered,
          unsynced,
          stash.map(message),
          front.map(message),
          text(asks),
          text(owed),
        ].map(withoutKeys)
      })}`
    })
    const network = tuple[places.network] as number
    const messages = Array.from({ length: parts.network.end(network) - parts.network.start(network) }, (_, index) =>
      message(parts.network.messageAt(parts.network.start(network) + index)),
    )
    const history =
      places.history < 0
        ? ''
        : part(`h${tuple[places.history]}`, () => parts.history?.table.get(tuple[places.history] as number))
    const key = [...locals.sort(), '\0', ...messages.sort(), '\0', history].join('\n')
    return this.#signatures.intern(key, () => undefined)
  }

  #local(renamed: Renamed, renaming: Renaming, actor: number, local: number): number {
    return remembered(renamed.locals[actor] as Map<number, number>, local, () => {
      const { transitions } = this.#system.parts
      const after = rewrittenLocal(transitions.local(actor, local), {
        value: <Part>(part: Part) => renamedValue(part, renaming) as Part,
        messages: (ids) => ids.map((id) => this.#message(renamed, renaming, id)),
        asks: (ids) => ids.map((id) => this.#ask(renamed, id)).sort((left, right) => left - right),
        suspended: () => {
          throw new CheckerError('check: a turn that waits has no symmetry', { option: 'symmetry' })
        },
      })
      return transitions.runner.internState(renamed.actors[actor] as number, after)
    })
  }

  #message(renamed: Renamed, renaming: Renaming, id: number): number {
    return remembered(renamed.messages, id, () => {
      const { messages } = this.#system.parts
      const { from, to, name, payload, kind, ask } = messages.get(id)
      const form = canonicalValue(renamedValue(payload, renaming), 'payload', unlikely)
      const [sender, receiver] = [renamed.actors[from] as number, renamed.actors[to] as number]
      return messages.intern(sender, receiver, name, form, kind, ask === 0 ? 0 : this.#ask(renamed, ask))
    })
  }

  #ask({ actors }: Renamed, id: number): number {
    const { asks } = this.#system.parts
    const ask = asks.get(id)
    return asks.intern({ ...ask, from: actors[ask.from] as number, to: actors[ask.to] as number })
  }

  #network(renamed: Renamed, renaming: Renaming, id: number): number {
    return remembered(renamed.networks, id, () => {
      const { network } = this.#system.parts
      const messages: number[] = []
      for (let index = network.start(id); index < network.end(id); index++) {
        messages.push(this.#message(renamed, renaming, network.messageAt(index)))
      }
      const last = network.last(id)
      return network.of(messages, last < 0 ? -1 : this.#message(renamed, renaming, last))
    })
  }

  #history(renamed: Renamed, renaming: Renaming, id: number): number {
    const { history } = this.#system.parts
    return remembered(renamed.histories, id, () =>
      history === undefined ? 0 : history.intern(renamedValue(history.table.get(id), renaming), 'a renaming'),
    )
  }

  #actor(actor: number): SystemActor {
    return this.#system.parts.system.actors[actor] as SystemActor
  }
}

/** The key of a recovery names ids, which a view must not see. */
function withoutKeys(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutKeys)
  if (typeof part !== 'object' || part === null || !('key' in part && 'reminders' in part)) return part
  const { state, reminders } = part as unknown as Recovered
  return [state, reminders]
}

/** What was in a state once is plain data. */
const unlikely = (path: string, what: string) => new CheckerError(`symmetry: ${path} is ${what}`)
