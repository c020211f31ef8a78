/**
 * The life of cells: how they come to be, and how each generation begins. What becomes of one whose turn failed is in
 * `supervisor.ts`, how one ends in `stopping.ts`.
 */
import { ActorCell } from './actor-cell.ts'
import type { CompiledDefinition } from './actor-definition.ts'
import { Ref } from './actor-ref.ts'
import { enterBehavior } from './behavior.ts'
import { Children } from './children.ts'
import type { DeathWatch } from './death-watch.ts'
import { DurableOutput } from './durable-output.ts'
import { startedEnvelope } from './envelope.ts'
import { ConfigurationError, NameTakenError, SpawnError, toError } from './errors.ts'
import type { NodeKernel } from './node-kernel.ts'
import { Phase } from './phase.ts'
import { assertRollsBack, Rollback } from './rollback.ts'
import type { SpawnOptions } from './spawn-options.ts'
import { unstashAll } from './stash.ts'
import { supervisionOf } from './supervision.ts'
import { asOwner } from './turn-scopes.ts'

/** Of a cell that is not in the table yet. */
const noRef = new Ref('', -1, -1, -1)

export class Lifecycle {
  readonly #kernel: NodeKernel
  readonly #deathWatch: DeathWatch

  constructor(kernel: NodeKernel, deathWatch: DeathWatch) {
    this.#kernel = kernel
    this.#deathWatch = deathWatch
  }

  /** A new cell under `parent`, with its state from `init`. It takes messages, and no turn before `activate`. */
  create(
    parent: ActorCell | undefined,
    definition: CompiledDefinition,
    args: unknown,
    options: SpawnOptions,
  ): ActorCell {
    const kernel = this.#kernel
    const { name, durableId } = options
    if (parent?.phase === Phase.stopping || parent?.descent !== undefined) {
      throw new SpawnError(`spawn of ${definition.name} under ${parent.path()}: that actor is stopping`, {
        definition: definition.name,
      })
    }
    if (name !== undefined && parent?.names?.has(name)) {
      throw new NameTakenError(
        `spawn of ${definition.name}: the name ${name} is taken under ${parent.path()}; choose another or stop that actor first`,
        { name, parent: parent.path() },
      )
    }
    for (const service of definition.uses) {
      const { services } = kernel.ports
      if (services.has(service)) continue
      throw services.missing(service, `spawn of ${definition.name}: it`, { definition: definition.name })
    }
    if (definition.reentrant.size > 0) this.#refuseInterleaving(definition, options)
    if (durableId !== undefined) kernel.journal.claim(durableId, definition.name)
    const cell = new ActorCell(definition, noRef, parent, args, options, undefined)
    const { rollback } = cell.supervision
    try {
      cell.state = asOwner(kernel, cell, definition.init, args)
      if (rollback) assertRollsBack(cell.state, definition.name)
    } catch (error) {
      // What it left running is nobody's.
      if (cell.scope !== undefined) cell.scope.cell = undefined
      if (durableId !== undefined) kernel.journal.release(durableId)
      if (rollback && error instanceof ConfigurationError) throw error
      throw new SpawnError(
        `spawn of ${definition.name} under ${parent?.path() ?? `/${kernel.node}`}: init threw: ${toError(error).message}`,
        { definition: definition.name },
        { cause: error },
      )
    }
    cell.ref = kernel.cells.allocate()
    kernel.cells.fill(cell)
    kernel.metrics?.spawned(cell)
    if (parent !== undefined) {
      parent.children ??= new Children()
      parent.children.add(cell)
      if (name !== undefined) {
        parent.names ??= new Map()
        parent.names.set(name, cell)
      }
    }
    if (rollback) cell.rollback = new Rollback(cell)
    if (durableId !== undefined) cell.durable = new DurableOutput(kernel, cell, durableId)
    return cell
  }

  /** A durable actor's turn is one record, and a draft is of one turn: turns that interleave are neither. */
  #refuseInterleaving({ name, reentrant, supervise }: CompiledDefinition, options: SpawnOptions): void {
    const { rollback } = supervisionOf(options.supervise, supervise)
    if (options.durableId === undefined && !rollback) return
    const what = rollback ? 'supervise.rollback' : 'a durableId'
    throw new ConfigurationError(
      `spawn of ${name}: its messages ${[...reentrant].join(', ')} are re-entrant, which does not go with ${what}`,
      { definition: name },
    )
  }

  /** Lets a created or restarted cell begin: recovery if it is durable, then `started`, then its mailbox. */
  activate(cell: ActorCell): void {
    // A child whose start was held may have been killed meanwhile.
    if (cell.phase !== Phase.starting) return
    if (cell.durable === undefined) {
      this.#begin(cell)
      return
    }
    const { generation } = cell
    cell.durable.recover((error) => {
      if (cell.generation !== generation || cell.phase !== Phase.starting) return
      if (error === undefined) this.#begin(cell)
      else this.#kernel.supervisor.fail(cell, startedEnvelope, error)
    })
  }

  #begin(cell: ActorCell): void {
    if (cell.group !== undefined && cell.stopReason === undefined) {
      this.#kernel.supervisor.isDown(cell)
      return
    }
    cell.phase = Phase.ready
    this.#kernel.cellReady(cell)
    const { linkedTo } = cell.options
    if (linkedTo !== undefined) this.#deathWatch.link(cell, linkedTo as Ref)
    if (cell.stopReason !== undefined) {
      this.#kernel.stopping.stop(cell, cell.stopReason)
      return
    }
    if (cell.definition.started !== undefined) cell.starts = true
    if (cell.starts || cell.mailbox.length > 0) this.#kernel.schedule(cell)
    this.started(cell)
  }

  /** The first turn of a generation is over, or there is none: siblings that come back after it may wait for that. */
  started(cell: ActorCell): void {
    cell.parent?.siblings?.advance()
  }

  /** Takes back a cell that was created and never activated: nobody was told of it. */
  discard(cell: ActorCell): void {
    cell.generation++
    this.#kernel.stopping.remove(cell, 'stopped')
  }

  /** Begins a generation of a cell that failed or was taken down: its state from `init`, then as at the first start. */
  renew(cell: ActorCell): void {
    try {
      cell.state = asOwner(this.#kernel, cell, cell.definition.init, cell.args)
      if (cell.rollback !== undefined) assertRollsBack(cell.state, cell.definition.name)
    } catch (error) {
      this.#kernel.supervisor.fail(cell, startedEnvelope, error)
      return
    }
    enterBehavior(cell, undefined, [])
    unstashAll(cell)
    cell.phase = Phase.starting
    this.#kernel.metrics?.restarted(cell)
    this.#kernel.ports.events.emit('restarted', { actor: cell.path(), ref: cell.ref, generation: cell.generation })
    this.activate(cell)
  }
}
