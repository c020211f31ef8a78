/**
 * What a durable actor promises under each fault of its disk, its node and its clock: nothing that was acknowledged is
 * lost, and nothing is read that was not written. Where a fault destroys what is stored, the actor does not come back,
 * with the journal's typed error, or the journal has cut a last group that it could not tell from a torn one.
 */
import { defineActor, namedRef } from '@troupe/core'
import { describe, expect, test } from 'vitest'
import { type FaultKind, type FaultKnobs, type SimulationProgram, simulateMany } from '../src/index.ts'

/** A note and what is computed from it, so that a note that nobody wrote is seen. */
interface Note {
  readonly number: number
  readonly text: string
}

const textOf = (number: number) => `note ${number} `.repeat(1 + (number % 40))

const Ledger = defineActor({
  name: 'Ledger',
  init: () => ({ notes: [] as Note[] }),
  events: {
    noted(state, note: Note) {
      state.notes.push(note)
    },
  },
  on: {
    note(state, number: number, ctx) {
      ctx.persist('noted', { number, text: textOf(number) })
      if (number % 17 === 0) ctx.snapshot()
      return state.notes.length
    },
    read: (state) => state.notes,
  },
})
const ledger = namedRef(Ledger, { node: 'a', name: 'ledger' })
const rounds = 60

/** What came of all runs of a campaign. */
interface Outcomes {
  whole: number
  refused: number
  cut: number
  readonly codes: Set<string>
}

/** Takes notes under faults; `destructive` says that what is stored may go. */
function program(outcomes: Outcomes, destructive: readonly FaultKind[]): SimulationProgram {
  return async (world) => {
    let tornBytes = 0
    let corrupt = false
    world.events.on('journalOpened', (opened) => {
      tornBytes += opened.tornBytes
    })
    world.events.on('escalated', ({ error }) => {
      const { code } = error as Error & { code: string }
      outcomes.codes.add(code)
      if (code === 'ERR_TROUPE_JOURNAL_CORRUPT' || code === 'ERR_TROUPE_JOURNAL_FOREIGN') corrupt = true
    })
    await world.spawn(Ledger, undefined, { node: 'a', name: 'ledger', durableId: 'ledger' })
    const acknowledged = new Set<number>()
    for (let number = 1; number <= rounds; number++) {
      const told = await world.askWith({ timeoutMs: 200 }, ledger, 'note', number).catch(() => undefined)
      if (told === undefined) await world.sleep(30)
      else acknowledged.add(number)
      await world.sleep(world.random.int(20))
    }
    await world.heal()
    // What is on the disk is read once more, with no fault in the way.
    world.crash('a')
    await world.restart('a')
    const notes = await world.ask(ledger, 'read').catch(() => undefined)
    if (notes === undefined) {
      world.check(destructive.length > 0 && corrupt, 'the actor comes back unless its journal says that it is corrupt')
      outcomes.refused++
      return
    }
    const numbers = notes.map(({ number }) => number)
    for (const { number, text } of notes) world.check(text === textOf(number), `note ${number} is not what was written`)
    for (const [index, number] of numbers.entries()) {
      world.check(number > (numbers[index - 1] ?? 0) && number <= rounds, `the notes are in order: ${numbers}`)
    }
    const lost = [...acknowledged].filter((number) => !numbers.includes(number))
    if (lost.length === 0) outcomes.whole++
    else {
      world.check(destructive.length > 0 && tornBytes > 0, `acknowledged and lost: ${lost}`)
      outcomes.cut++
    }
  }
}

async function campaign(faults: FaultKnobs, destructive: readonly FaultKind[] = []) {
  const outcomes: Outcomes = { whole: 0, refused: 0, cut: 0, codes: new Set() }
  const options = { seeds: '1..40', nodes: ['a'], faults, swarm: false, virtualMsMax: 120_000 }
  const { failures, injected } = await simulateMany(options, program(outcomes, destructive))
  expect(failures).toEqual([])
  for (const kind of Object.keys(faults) as FaultKind[]) expect(injected[kind], kind).toBeGreaterThan(0)
  return outcomes
}

describe('what was acknowledged is there after', () => {
  const kinds: readonly (readonly [string, FaultKnobs])[] = [
    ['crashes, with torn writes', { crash: 1, tornWrite: 0.7, diskLatencyMs: 5 }],
    ['crashes while the node recovers', { crash: 1, crashRecovering: 0.7, diskLatencyMs: 5 }],
    ['exits of the thread', { workerExit: 1, diskLatencyMs: 5 }],
    ['disks that are full', { diskFull: 1 }],
    ['disks that are slow', { diskSlow: 2, diskStall: 0.05, crash: 1 }],
    ['syncs and writes that fail', { syncFailure: 0.05, writeFailure: 0.05, crash: 0.5 }],
    ['pauses and stalls', { pause: 1, stall: 5, crash: 0.5 }],
    ['clocks that are off', { clockSkewMs: 500, clockDrift: 0.2, clockJump: 5, crash: 0.5 }],
  ]
  for (const [name, faults] of kinds) {
    test(name, async () => {
      expect(await campaign(faults)).toMatchObject({ whole: 40, refused: 0, cut: 0 })
    })
  }
})

describe('what is not as it was written is never read', () => {
  test('bits that rot', async () => {
    const outcomes = await campaign({ bitRot: 1, crash: 1 }, ['bitRot'])
    expect(outcomes.refused).toBeGreaterThan(5)
    expect(outcomes.whole).toBeGreaterThan(0)
    expect([...outcomes.codes]).toContain('ERR_TROUPE_JOURNAL_CORRUPT')
  })

  test('reads that bring another place', async () => {
    const outcomes = await campaign({ misdirectedRead: 0.1, crash: 1 }, ['misdirectedRead'])
    expect(outcomes.whole).toBeGreaterThan(5)
    expect(outcomes.codes.size).toBeGreaterThan(0)
  })
})
