/** What the tests of the thread system share. */
import type { ActorSystem, SystemEvents } from '@troupe/core'
import { createSystem, type ThreadSystem, type ThreadSystemOptions } from '../src/index.ts'

/** A system for one test: replaced nodes come back at once. */
export function startSystem(options: ThreadSystemOptions = {}): Promise<ThreadSystem> {
  const replacement = { maxReplacements: 100, withinMs: 60_000, backoff: { minMs: 0, maxMs: 0 } }
  return createSystem({ threads: 2, replacement, ...options })
}

/** The next event of that name for which `matches` holds. */
export function nextEvent<Name extends keyof SystemEvents>(
  system: ActorSystem,
  name: Name,
  matches: (event: SystemEvents[Name][0]) => boolean = () => true,
): Promise<SystemEvents[Name][0]> {
  return new Promise((resolve) => {
    const listener = (event: any) => {
      if (!matches(event)) return
      system.events.off(name, listener)
      resolve(event)
    }
    system.events.on(name, listener as never)
  })
}

/** The URL of a fixture. */
export function fixture(name: string): URL {
  return new URL(`./fixtures/${name}`, import.meta.url)
}
