/** Simulated scenarios of Troupe's protocols by name, and the planted bugs that they find. */
export {
  CampaignStore,
  type MultiPaxosRun,
  type MultiPaxosScenario,
  runMultiPaxos,
} from './consensus/multi-paxos-scenario.ts'
export { figuresOf, type PaxosFigures, printFigures, shortcomings } from './consensus/paxos-figures.ts'
export { type PaxosRun, type PaxosScenario, runPaxos } from './consensus/paxos-scenario.ts'
export { type RoundAlgorithm, type RoundsRun, type RoundsScenario, runRounds } from './consensus/rounds-scenario.ts'
export {
  type BugFinding,
  type BugSearch,
  type BugSurvey,
  findBug,
  printFinding,
  type SeedsSurvey,
  surveyBug,
  surveySeeds,
} from './planted-bugs/bug-search.ts'
export { ForgetsVote, type PaxosBugName, paxosBugs } from './planted-bugs/paxos-bugs.ts'
export {
  type Scenario,
  type ScenarioFailure,
  type ScenarioOptions,
  type ScenarioRun,
  scenarioRunOf,
} from './scenario.ts'
export { scenarioNamed, scenarios, verifyScenarioOptions } from './scenarios.ts'
export { seedsOf } from './seeds.ts'
