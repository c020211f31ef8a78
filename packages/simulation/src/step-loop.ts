/**
 * The loop of a run around the event loop: between two rounds of steps all promises run, to the last microtask. A turn of the event
 * loop takes a microsecond, since it asks the system for the time and for events; between two immediates of one turn promises
 * run as well. So many are set at a time that few rounds pay for a turn.
 */

/** Immediates of one turn: what else waits for the event loop waits so many rounds longer at most. */
const returnsAhead = 32
/** Taken before anything is patched. */
const returnToEventLoop = setImmediate

/** Calls `round` until it returns false, with promises in between; resolves then, and rejects with what it throws. */
export function loopOf(round: () => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let returns = 0
    let over = false
    const goOn = () => {
      if (over) return
      if (--returns === 0) ahead()
      try {
        over = !round()
        if (over) resolve()
      } catch (error) {
        over = true
        reject(error)
      }
    }
    const ahead = () => {
      for (; returns < returnsAhead; returns++) returnToEventLoop(goOn)
    }
    ahead()
  })
}
