/** What the cases share. */
import type { ActorHandle, ProtocolOf, SystemEvents, SystemSpawnOptions } from '@troupe/core'
import { Subject, type SubjectArgs } from '../actors/subject.ts'
import type { Bench } from '../host.ts'

export type SubjectHandle = ActorHandle<ProtocolOf<typeof Subject>>

/** A subject on the bench's node. */
export function subject(
  { system, node, to }: Bench,
  args: Partial<SubjectArgs> = {},
  options: SystemSpawnOptions = {},
): Promise<SubjectHandle> {
  return system.spawn(Subject, { to, ...args }, { node, ...options })
}

/** The next event that `matches`; call it before what causes the event. */
export function nextEvent<Name extends keyof SystemEvents>(
  { system }: Bench,
  name: Name,
  matches: (event: SystemEvents[Name][0]) => boolean = () => true,
): Promise<SystemEvents[Name][0]> {
  return new Promise((resolve) => {
    const listener = (event: any) => {
      if (!matches(event)) return
      system.events.off(name, listener as never)
      resolve(event)
    }
    system.events.on(name, listener as never)
  })
}

/** The notes of the recorder once there are `count`. */
export const notes = ({ recorder }: Bench, count: number): Promise<string[]> => recorder.ask('when', count)
