/** Time travel: each actor's state after any event, put together from its changes. Runs in the page. */
import type { PageChange, PageData } from './page-data.ts'

export interface ActorState {
  readonly lines: ReadonlyMap<string, string>
  /** The lines before the event, where it changed this actor. */
  readonly before: ReadonlyMap<string, string> | undefined
  /** False before its start and after its end. */
  readonly isAlive: boolean
}

/** Gives the state of `actor` after the event of that index. */
export type StatesAt = (actor: number, event: number) => ActorState

export function createStates(data: PageData): StatesAt {
  const byActor: { readonly event: number; readonly change: PageChange }[][] = data.actors.map(() => [])
  for (const change of data.initial) byActor[change.actor]?.push({ event: -1, change })
  data.events.forEach(({ changes = [] }, event) => {
    for (const change of changes) byActor[change.actor]?.push({ event, change })
  })
  return (actor, event) => {
    const lines = new Map<string, string>()
    let before: Map<string, string> | undefined
    let isAlive = false
    for (const entry of byActor[actor] ?? []) {
      if (entry.event > event) break
      if (entry.event === event) before ??= new Map(lines)
      for (const path of entry.change.unset) lines.delete(path)
      for (const [path, text] of entry.change.set) lines.set(path, text)
      isAlive = !entry.change.ended
    }
    return { lines, before, isAlive }
  }
}
