/**
 * A definition whose turns go through a variation: the same names, events and options, so that a host cannot tell it
 * from its original, but each turn is run by the variation, which may look at it or change it.
 */
import type { ActorContext, ActorDefinition } from '@troupe/core'
import { type CompiledDefinition, compiled, currentTurn, HandlerTable, isDefinition } from '@troupe/core/host'
import { interceptedContext } from './intercepted-context.ts'

/** One turn, before its handler is called. */
export interface VariedTurn {
  readonly definition: CompiledDefinition
  /** The message's name, or `@started`, `@terminated`, `@stopped`. */
  readonly name: string
  readonly state: any
  readonly ctx: ActorContext
  /** The state that `init` gives this actor. To be called before the handler. */
  fresh(): unknown
  /** Calls the handler. */
  run(ctx: ActorContext): unknown
}

/** What is done with the turns of every definition of a run. */
export interface Variation {
  /** Runs the turn; returns what the handler is to have returned. */
  turn(turn: VariedTurn): unknown
  /** The arguments that `init` gets. */
  arguments(definition: CompiledDefinition, args: unknown): unknown
}

/** The definition that stands in for another one: in a spawn from outside, and in those of its actors. */
export type Replace = <Definition extends ActorDefinition<any, any>>(definition: Definition) => Definition

/** Gives each definition its varied one, always the same; what is no definition is given back. */
export function replacing(variation: Variation): Replace {
  const varied = new Map<CompiledDefinition, CompiledDefinition>()
  const originals = new Set<CompiledDefinition>()
  const replace = <Definition extends ActorDefinition<any, any>>(definition: Definition): Definition => {
    if (!isDefinition(definition)) return definition
    const original = compiled(definition)
    if (originals.has(original)) return definition
    let stand = varied.get(original)
    if (stand === undefined) {
      stand = variedDefinition(original, variation, replace)
      varied.set(original, stand)
      originals.add(stand)
    }
    return stand as unknown as Definition
  }
  return replace
}

type AnyHandler = (state: any, message: any, ctx: ActorContext) => unknown

function variedDefinition(definition: CompiledDefinition, variation: Variation, replace: Replace): CompiledDefinition {
  /** By the state that they gave, and by the cell, for a state that came from a snapshot: `init` was called, and gave way. */
  const argsOf = new WeakMap<object, unknown>()
  /** Where a host does not say whose turn it is. */
  let lastArgs: unknown
  const init = (given: unknown): unknown => {
    const args = variation.arguments(definition, given)
    const state = definition.init(args)
    lastArgs = args
    if (typeof state === 'object' && state !== null) argsOf.set(state, args)
    if (currentTurn.owner !== undefined) argsOf.set(currentTurn.owner, args)
    return state
  }
  const argumentsOf = (state: unknown): unknown => {
    const key = [state, currentTurn.owner].find((known) => argsOf.has(known as object))
    return key === undefined ? lastArgs : argsOf.get(key as object)
  }
  const turn = (name: string, state: any, ctx: ActorContext, run: (ctx: ActorContext) => unknown): unknown =>
    variation.turn({
      definition,
      name,
      state,
      ctx: interceptedContext(ctx, (effect, args, proceed) => proceed(withReplaced(effect, args, replace))),
      fresh: () => definition.init(argumentsOf(state)),
      run,
    })
  const variedHandler =
    (name: string, handler: AnyHandler): AnyHandler =>
    (state, message, ctx) =>
      turn(name, state, ctx, (given) => handler(state, message, given))
  const variedSet = (handlers: ReadonlyMap<string, AnyHandler>) =>
    new HandlerTable([...handlers].map(([name, handler]) => [name, variedHandler(name, handler)]))
  const { started, terminated, stopped, otherwise } = definition
  // An actor that can come back has a first turn in which that is seen.
  const begins = started !== undefined || definition.events.size > 0
  return Object.freeze({
    ...definition,
    init,
    handlers: variedSet(definition.handlers),
    behaviors: new Map([...definition.behaviors].map(([name, set]) => [name, variedSet(set)])),
    ...(begins
      ? { started: (state: any, ctx: ActorContext) => turn('@started', state, ctx, (given) => started?.(state, given)) }
      : {}),
    ...(terminated === undefined
      ? {}
      : {
          terminated: (state: any, ref: any, reason: any, ctx: ActorContext) =>
            turn('@terminated', state, ctx, (given) => terminated(state, ref, reason, given)),
        }),
    ...(stopped === undefined
      ? {}
      : { stopped: (state: any, ctx: ActorContext) => turn('@stopped', state, ctx, (given) => stopped(state, given)) }),
    ...(otherwise === undefined
      ? {}
      : {
          otherwise: (state: any, message: any, ctx: ActorContext) =>
            turn(message.name, state, ctx, (given) => otherwise(state, message, given)),
        }),
  })
}

/** The arguments of a spawn with the definition that stands in; those of other calls as they are. */
function withReplaced(effect: string, args: readonly any[], replace: Replace): readonly any[] {
  if (effect === 'spawn') return [replace(args[0]), ...args.slice(1)]
  if (effect === 'spawnOn') return [args[0], replace(args[1]), ...args.slice(2)]
  return args
}

/** Calls `next` with what `result` is, or becomes where it is a promise. */
export function whenDone(result: unknown, next: (result: unknown) => unknown): unknown {
  const isPromise =
    typeof result === 'object' && result !== null && 'then' in result && typeof result.then === 'function'
  return isPromise ? (result as Promise<unknown>).then(next) : next(result)
}
