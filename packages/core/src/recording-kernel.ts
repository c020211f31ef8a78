/**
 * A kernel whose turns are recorded. The guardian's are not: it holds what is the host's. Nor are those of actors with
 * re-entrant messages, whose turns stand in one another.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Effects } from './effects.ts'
import type { Envelope } from './envelope.ts'
import type { KernelPorts } from './kernel-ports.ts'
import { NodeKernel } from './node-kernel.ts'
import { type RecordedTurn, TurnRecorder } from './turn-recorder.ts'

export class RecordingKernel extends NodeKernel {
  readonly #recorder: TurnRecorder

  constructor(ports: KernelPorts, write: (turn: RecordedTurn) => void) {
    super(ports)
    this.#recorder = new TurnRecorder(write)
  }

  override effectsOf(cell: ActorCell, envelope: Envelope): Effects {
    const effects = super.effectsOf(cell, envelope)
    return cell.parent === undefined || cell.definition.reentrant.size > 0
      ? effects
      : this.#recorder.begin(cell, envelope, effects)
  }

  override turnEnded(cell: ActorCell, thrown?: { readonly error: unknown }): void {
    this.#recorder.end(cell, thrown)
  }

  override cellGone(cell: ActorCell): void {
    this.#recorder.forget(cell)
  }
}
