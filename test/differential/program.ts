/** Random programs: fast-check draws raw trees, which shrink; `compile` makes of each the nearest program that is determined. */
import fc from 'fast-check'
import type { AskOp, Body, ChildOp, Op, Peer, Program, ScriptedTimer } from './script.ts'

/** A tree as it is drawn; numbers are taken modulo what there is to choose from. */
interface RawBody {
  readonly ops: readonly RawOp[]
  readonly end: number
}

interface RawOp {
  readonly kind: number
  readonly a: number
  readonly b: number
  readonly bodies: readonly RawBody[]
}

interface RawProgram {
  readonly places: readonly number[]
  readonly start: readonly { readonly to: number; readonly body: RawBody }[]
}

const { body: rawBody } = fc.letrec<{ body: RawBody; op: RawOp }>((tie) => ({
  body: fc.record({
    ops: fc.oneof({ maxDepth: 3 }, fc.constant([]), fc.array(tie('op'), { minLength: 1, maxLength: 4 })),
    end: fc.nat(7),
  }),
  op: fc.record({
    kind: fc.nat(15),
    a: fc.nat(63),
    b: fc.nat(63),
    bodies: fc.array(tie('body'), { minLength: 1, maxLength: 3 }),
  }),
}))

/** Three or four actors on two or three nodes. */
export const programs: fc.Arbitrary<Program> = fc
  .record<RawProgram>({
    places: fc.array(fc.nat(2), { minLength: 3, maxLength: 4 }),
    start: fc.array(fc.record({ to: fc.nat(3), body: rawBody }), { minLength: 3, maxLength: 10 }),
  })
  .map((raw) => new Compilation(raw.places).program(raw))

class Compilation {
  readonly #places: readonly number[]
  #ids = 0

  constructor(places: readonly number[]) {
    this.#places = places
  }

  program({ places, start }: RawProgram): Program {
    return {
      places,
      start: start.map(({ to, body }) => {
        const index = to % places.length
        return { to: index, body: this.#body(body, index) }
      }),
    }
  }

  /** A body for the actor of that index, or for a child of it. */
  #body({ ops, end }: RawBody, index: number, isChild = false): Body {
    const id = ++this.#ids
    const fails = (isChild || isFragile(index)) && end < 2
    const compiled = ops.flatMap((op) => this.#op(op, { index, isChild, fails }) ?? [])
    return { id, ops: compiled, end: fails ? 'fail' : isChild && end === 2 ? 'stop' : 'nothing' }
  }

  #op(raw: RawOp, at: { index: number; isChild: boolean; fails: boolean }): Op | undefined {
    const { index, isChild, fails } = at
    const [first, second] = raw.bodies as readonly [RawBody, RawBody | undefined]
    const isParent = !isChild && !isFragile(index)
    switch (raw.kind) {
      case 0:
      case 1:
      case 2:
        return this.#ask(raw, first, index) ?? this.#tell(raw, first)
      case 3:
      case 4: {
        const left = this.#ask(raw, first, index)
        const right = second === undefined ? undefined : this.#ask({ ...raw, a: raw.b, b: raw.a }, second, index)
        return left !== undefined && right !== undefined ? { kind: 'askBoth', left, right } : left
      }
      case 5:
      case 6:
        return isParent || (!isChild && fails) ? this.#timers(raw, index) : undefined
      case 7:
      case 8:
      case 9:
        return isParent ? this.#child(raw, index) : this.#tell(raw, first)
      case 10: {
        const to = this.#higher(raw, index)
        return to === undefined ? undefined : { kind: 'askUnknown', to }
      }
      case 11:
        return isParent ? { kind: 'spawnFails' } : undefined
      default:
        return this.#tell(raw, first)
    }
  }

  #tell({ a, b }: RawOp, body: RawBody): Op {
    const to: Peer = { index: a % this.#places.length, byName: b % 2 === 0 }
    return { kind: 'tell', to, body: this.#body(body, to.index) }
  }

  #ask(raw: RawOp, body: RawBody, index: number): AskOp | undefined {
    const to = this.#higher(raw, index)
    if (to === undefined) return undefined
    const reply = raw.b % 4 === 0 ? 'later' : raw.b % 4 === 1 ? this.#higher({ a: raw.b, b: raw.a }, index) : 'now'
    return { kind: 'ask', to, body: this.#body(body, to.index), reply: reply ?? 'now' }
  }

  /** An actor that `index` may wait for. */
  #higher({ a, b }: { readonly a: number; readonly b: number }, index: number): Peer | undefined {
    const count = this.#places.length - index - 1
    return count === 0 ? undefined : { index: index + 1 + (a % count), byName: b % 2 === 0 }
  }

  /** Timers of different lengths: the shorter comes first. Those of a turn that fails deliver nothing. */
  #timers({ a, b, bodies }: RawOp, index: number): Op {
    const id = ++this.#ids
    const timers = bodies.map(
      (body, position): ScriptedTimer => ({
        key: `${id} ${position}`,
        delayMs: 1 + ((position * 3 + b) % 7),
        body: this.#body(body, index),
        replaces: (a + position) % 3 === 0,
        cancelled: (b + position) % 4 === 0,
      }),
    )
    return { kind: 'timers', id, timers }
  }

  #child({ a, b, bodies }: RawOp, index: number): ChildOp {
    const [late, ...life] = bodies as [RawBody, ...RawBody[]]
    const speech = (body: RawBody, position: number) => ({
      isAsk: (a + position) % 3 === 0,
      body: this.#body(body, index, true),
    })
    const watch = (['no', 'once', 'twice', 'withdrawn'] as const)[a % 4] as ChildOp['watch']
    const watcher = b % this.#places.length
    return {
      kind: 'child',
      id: `child-${++this.#ids}`,
      node: a % 2 === 0 ? undefined : b % 3,
      onFailure: (['restart', 'stop', 'resume'] as const)[b % 3] as 'restart',
      watch,
      // Its parent, told to watch when the child is gone, would hear of it a second time.
      watcher: b % 2 === 0 && watcher !== index ? { index: watcher, byName: true } : undefined,
      life: life.map(speech),
      late: b % 5 < 2 ? speech(late, life.length) : undefined,
    }
  }
}

function isFragile(index: number): boolean {
  return index % 2 === 1
}
