/**
 * Two-phase commit searched by a program for nothing else: no actors, no messages as values, and the smallest states that
 * it can have, copied by hand, with `JSON.stringify` as the key. What a general checker could save by being special.
 */

interface LeanState {
  readonly coordinator: 'init' | 'committed' | 'aborted'
  readonly heard: readonly boolean[]
  readonly managers: readonly ('working' | 'prepared' | 'committed' | 'aborted')[]
  readonly prepared: readonly boolean[]
}

/** Breadth first, over the steps that actors would take: a delivery that changes nothing is none. Returns the number of states. */
export function leanSearch(rms: number): number {
  const initial: LeanState = {
    coordinator: 'init',
    heard: Array(rms).fill(false),
    managers: Array(rms).fill('working'),
    prepared: Array(rms).fill(false),
  }
  const seen = new Set([JSON.stringify(initial)])
  let frontier = [initial]
  while (frontier.length > 0) {
    const found: LeanState[] = []
    const reach = (state: LeanState) => {
      const key = JSON.stringify(state)
      if (seen.has(key)) return
      seen.add(key)
      found.push(state)
    }
    for (const state of frontier) {
      const { coordinator, heard, managers, prepared } = state
      if (coordinator === 'init') {
        if (heard.every(Boolean)) reach({ ...state, coordinator: 'committed' })
        reach({ ...state, coordinator: 'aborted' })
      }
      for (let rm = 0; rm < rms; rm++) {
        if (coordinator === 'init' && prepared[rm] && !heard[rm]) reach({ ...state, heard: heard.with(rm, true) })
        if (managers[rm] === 'working') {
          reach({ ...state, managers: managers.with(rm, 'prepared'), prepared: prepared.with(rm, true) })
          reach({ ...state, managers: managers.with(rm, 'aborted') })
        }
        if (coordinator !== 'init' && managers[rm] !== coordinator) {
          reach({ ...state, managers: managers.with(rm, coordinator) })
        }
      }
    }
    frontier = found
  }
  return seen.size
}
