/**
 * The state that a turn runs on, made from the frozen one before it: a copy, or for a large state an Immer draft, which
 * shares what the turn leaves alone. A copy of a small state costs less than a draft; from some ten entries on it is the
 * other way round, and what is shared need not be walked again either, when the state after the turn gets its number.
 */
import { cloneValue } from '@troupe/core/host'
import { enableMapSet, Immer, isDraft, isDraftable } from 'immer'

export { isDraft } from 'immer'

enableMapSet()
const immer = new Immer({ autoFreeze: false })

/** Characters of its canonical text from which on a state is large. */
const textLengthMin = 1_024

/** A state equal to `state` that a turn may change; `textLength`: of its canonical text. */
export function changeable(state: unknown, textLength: number): unknown {
  const isLarge = textLength >= textLengthMin && isDraftable(state)
  return isLarge ? immer.createDraft(state as object) : cloneValue(state)
}

/** What a turn has made of a state that was {@link changeable}. */
export function changed(state: unknown): unknown {
  return isDraft(state) ? immer.finishDraft(state) : state
}
