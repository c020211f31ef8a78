/** Moves virtual time on whenever nothing else happens, so that a case can wait for a timer as on a real host. */
import type { LocalSystem } from '@troupe/core'

/** Resolves, or rejects, as `body` does. */
export async function movingTime(system: LocalSystem, body: Promise<void>): Promise<void> {
  let over = false
  const end = () => {
    over = true
  }
  body.then(end, end)
  await system.idle()
  while (!over) await system.advance(1)
  await body
}
