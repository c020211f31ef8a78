/** Runs everything again that a system recorded, and says what came out differently. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { type CompiledDefinition, isDefinition, replayTurn } from '@troupe/core/host'
import { readTurnLog } from '@troupe/threads'

export interface ReplayFigures {
  readonly turns: number
  /** Turns that were run again. */
  readonly replayed: number
  readonly effects: number
  /** Turns that waited for an answer. */
  readonly asynchronous: number
  /** Why turns could not be run again, with how many. */
  readonly opaque: ReadonlyMap<string, number>
  /** Turns that came out differently, in sentences. */
  readonly different: readonly string[]
}

/** Runs the turns of all files in `directory` again. */
export async function replayLog(directory: string): Promise<ReplayFigures> {
  const opaque = new Map<string, number>()
  const different: string[] = []
  let turns = 0
  let replayed = 0
  let effects = 0
  let asynchronous = 0
  for (const file of await readdir(directory)) {
    for (const turn of readTurnLog(join(directory, file))) {
      turns++
      if (turn.opaque !== undefined) {
        const why = `${turn.definition.name}: ${turn.opaque}`
        opaque.set(why, (opaque.get(why) ?? 0) + 1)
        continue
      }
      replayed++
      effects += turn.steps.filter(({ type }) => type === 'effect').length
      if (turn.steps.some(({ type }) => type === 'settled')) asynchronous++
      const difference = await replayTurn(await load(turn.definition), turn, isDeepStrictEqual)
      if (difference !== undefined) different.push(`${file} ${turn.actor} ${turn.envelope.name}: ${difference}`)
    }
  }
  return { turns, replayed, effects, asynchronous, opaque, different }
}

async function load({ name, module }: { name: string; module: string | undefined }): Promise<CompiledDefinition> {
  if (module === undefined) throw new Error(`${name} has no module`)
  const found = Object.values(await import(module)).find((value) => isDefinition(value) && value.name === name)
  if (found === undefined) throw new Error(`${module} does not export ${name}`)
  return found as CompiledDefinition
}
