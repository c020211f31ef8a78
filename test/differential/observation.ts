/** What the actors of one program saw, in the form in which two hosts can be compared. */
import type { Note } from './scripted.ts'

/** For each actor and lane what came, in order; deaths apart, since their order to what others sent is free. */
export type Observation = ReadonlyMap<string, readonly string[]>

/** The notes without what may differ: addresses, and the order between lanes. */
export function observationOf(notes: readonly Note[]): Observation {
  const children = new Map<string, { id: string; parent: string }>()
  for (const { actor, what } of notes) {
    const [word, id, key] = what.split(' ') as [string, string, string]
    if (word === 'born') children.set(key, { id, parent: actor })
  }
  const seen = new Map<string, string[]>()
  const add = (key: string, what: string) => {
    const already = seen.get(key)
    if (already === undefined) seen.set(key, [what])
    else already.push(what)
  }
  const dead = new Set<string>()
  for (const { actor, lane, from, what } of notes) {
    if (lane !== 'terminated') {
      add(`${actor} in ${lane}`, what.startsWith('born ') ? what.split(' ').slice(0, 2).join(' ') : what)
      if (dead.has(`${actor} ${from}`)) add(`${actor} of ${from}`, `${what} after its death`)
      continue
    }
    const [key, reason] = what.split(' ') as [string, string]
    const { id, parent } = children.get(key) ?? { id: 'a stranger', parent: undefined }
    dead.add(`${actor} ${id}`)
    // Who was told to watch a child may come too late, and hears then that it is not there.
    add(`${actor} of ${id}`, actor === parent ? `terminated ${reason}` : 'terminated')
  }
  return new Map([...seen].sort(([left], [right]) => (left < right ? -1 : 1)))
}

/** Where two observations differ, in sentences; empty when they do not. */
export function differences(left: Observation, right: Observation): string[] {
  const found: string[] = []
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const [one, other] = [left, right].map((of) => (of.get(key) ?? []).join(', ') || 'nothing')
    if (one !== other) found.push(`${key}: ${one} | ${other}`)
  }
  return found
}
