/** An inspection as text, one line for each actor, for terminals and logs. */
import type { ActorInspection, NodeInspection, SystemInspection } from './inspection.ts'

/**
 * The tree of `inspection`, readable:
 *
 *     node-1 (epoch 0): 2 actors, 117 turns
 *     └─ pool [Pool] ready
 *        └─ Worker-4 [Worker] busy with index for 12 ms, mailbox 3, generation 1
 */
export function formatTree(inspection: SystemInspection): string {
  return inspection.nodes.map(formatNode).join('\n')
}

function formatNode({ node, epoch, status, actors, turns, roots, omitted, stuck }: NodeInspection): string {
  const head = `${node} (epoch ${epoch}): ${status === 'up' ? `${actors} actors, ${turns} turns` : status}`
  const lines = [stuck === undefined ? head : `${head}, ${describeStuck(stuck)}`]
  addActors(lines, roots, '')
  if (omitted > 0) lines.push(`   and ${omitted} more`)
  return lines.join('\n')
}

function describeStuck({ actor, message, forMs }: NonNullable<NodeInspection['stuck']>): string {
  const what = actor === undefined ? 'outside a turn' : `in ${actor} with ${message}`
  return `${what} for ${Math.round(forMs)} ms`
}

function addActors(lines: string[], actors: readonly ActorInspection[], indent: string): void {
  actors.forEach((actor, index) => {
    const isLast = index === actors.length - 1
    lines.push(`${indent}${isLast ? '└─' : '├─'} ${describeActor(actor)}`)
    addActors(lines, actor.children, `${indent}${isLast ? '   ' : '│  '}`)
  })
}

function describeActor(actor: ActorInspection): string {
  const { turn, behavior } = actor
  const doing =
    turn === undefined ? actor.phase : `${actor.phase} with ${turn.message} for ${Math.round(turn.forMs)} ms`
  const count = (what: string, value: number) => (value > 0 ? [`${what} ${value}`] : [])
  return [
    `${actor.path.slice(actor.path.lastIndexOf('/') + 1)} [${actor.definition}] ${doing}`,
    ...(behavior === undefined ? [] : [`behavior ${behavior}`]),
    ...count('mailbox', actor.mailbox),
    ...count('stash', actor.stash),
    ...count('open asks', actor.openAsks),
    ...count('watchers', actor.watchers),
    ...count('generation', actor.generation),
    ...(actor.timers.length > 0 ? [`timers ${actor.timers.join(' ')}`] : []),
    ...(actor.durableId === undefined ? [] : [`durable ${actor.durableId}`]),
  ].join(', ')
}
