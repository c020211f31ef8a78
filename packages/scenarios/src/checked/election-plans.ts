/** Which elections a search explores: every way of so many of them, but those that differ in names alone. */

/** A ballot of a log. */
interface PlannedBallot {
  readonly config: number
  readonly n: number
  readonly priority: number
  readonly node: string
}

/** An election: by whom, and in place of which ballot. */
interface Election {
  readonly by: string
  readonly instead: PlannedBallot
}

export type ElectionPlan = readonly Election[]

/**
 * Plans of `changes + 1` elections among `ids`, after the ballot `first`. An election takes the place of the first ballot or
 * of that of any other, so that two may run side by side, or one follow the other; a replica may stand again.
 *
 * Ballots are compared by number, then by name. So two plans whose replicas can be renamed into one another, with the order
 * of the names of those that have ballots of one number kept, have the same runs but for names: one of them is enough.
 */
export function electionPlans(ids: readonly string[], first: PlannedBallot, changes: number): ElectionPlan[] {
  const plans = new Map<string, ElectionPlan>()
  const add = (plan: ElectionPlan) => {
    const keys = permutations(ids).flatMap((names) => {
      const renaming = new Map(ids.map((id, index) => [id, names[index] as string]))
      return keepsOrder(plan, renaming) ? [keyOf(plan, renaming, first)] : []
    })
    plans.set(keys.sort()[0] as string, plan)
  }
  const extend = (plan: ElectionPlan): void => {
    if (plan.length > changes) {
      add(plan)
      return
    }
    const ballots = [first, ...plan.map(ballotOf)]
    for (const by of ids) {
      for (const instead of ballots) {
        const next = { by, instead }
        if (!plan.some((election) => isSame(ballotOf(election), ballotOf(next)))) extend([...plan, next])
      }
    }
  }
  extend([])
  return [...plans.values()]
}

function ballotOf({ by, instead }: Election): PlannedBallot {
  return { ...instead, n: instead.n + 1, node: by }
}

function isSame(left: PlannedBallot, right: PlannedBallot): boolean {
  return left.n === right.n && left.node === right.node
}

function keepsOrder(plan: ElectionPlan, renaming: ReadonlyMap<string, string>): boolean {
  const ballots = plan.map(ballotOf)
  const name = (id: string) => renaming.get(id) as string
  return ballots.every((left) =>
    ballots.every((right) => left.n !== right.n || left.node < right.node === name(left.node) < name(right.node)),
  )
}

function keyOf(plan: ElectionPlan, renaming: ReadonlyMap<string, string>, first: PlannedBallot): string {
  const name = (ballot: PlannedBallot) => (ballot === first ? 'first' : `${ballot.n} ${renaming.get(ballot.node)}`)
  return plan
    .map((election) => `${name(ballotOf(election))} instead of ${name(election.instead)}`)
    .sort()
    .join()
}

function permutations(ids: readonly string[]): string[][] {
  if (ids.length === 0) return [[]]
  return ids.flatMap((id) => permutations(ids.filter((other) => other !== id)).map((rest) => [id, ...rest]))
}
