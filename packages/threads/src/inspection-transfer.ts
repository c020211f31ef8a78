/** An inspection on its way between threads: structured clone leaves references without their class. */
import type { ActorInspection, ActorRef, NodeInspection } from '@troupe/core'
import { Ref } from '@troupe/core/host'

/** The inspection with references as they were. */
export function revived(inspection: NodeInspection): NodeInspection {
  return { ...inspection, roots: inspection.roots.map(revivedActor) }
}

function revivedActor(actor: ActorInspection): ActorInspection {
  const { turn } = actor
  return {
    ...actor,
    ref: refOf(actor.ref),
    turn: turn === undefined ? undefined : { ...turn, sender: turn.sender && refOf(turn.sender) },
    children: actor.children.map(revivedActor),
  }
}

function refOf({ node, epoch, slot, incarnation, name }: ActorRef): Ref {
  return new Ref(node, epoch, slot, incarnation, name)
}
