/** Simulated scenarios of Troupe's protocols by name, and the planted bugs that they find. */
export { type BenOrInstance, benOrOptions } from './checked/ben-or.ts'
export { type ChandraTouegInstance, chandraTouegOptions } from './checked/chandra-toueg.ts'
export { journalMachine, type MultiPaxosInstance, multiPaxosOptions } from './checked/multi-paxos.ts'
export { checkedProgramOptions, checkedPrograms } from './checked/programs.ts'
export {
  CampaignStore,
  type MultiPaxosRun,
  type MultiPaxosScenario,
  runMultiPaxos,
} from './consensus/multi-paxos-scenario.ts'
export { figuresOf, type PaxosFigures, printFigures, shortcomings } from './consensus/paxos-figures.ts'
export { checkPaxos, type PaxosInstance } from './consensus/paxos-instance.ts'
export { type PaxosRun, type PaxosScenario, runPaxos } from './consensus/paxos-scenario.ts'
export { type RoundAlgorithm, type RoundsRun, type RoundsScenario, runRounds } from './consensus/rounds-scenario.ts'
export { type BugFinding, type BugSearch, findBug, printFinding, scenarioOfBug } from './planted-bugs/bug-search.ts'
export type { BugShrinking } from './planted-bugs/bug-shrinking.ts'
export {
  type BugRow,
  type BugTableOptions,
  bugRows,
  bugTableHeading,
  bugTableMarkdown,
  printBugRow,
  runsOf,
  strategies,
} from './planted-bugs/bug-table.ts'
export { type CampaignReplica, logBugs } from './planted-bugs/log-bugs.ts'
export { ForgetsVote, type PaxosBugName, paxosBugs } from './planted-bugs/paxos-bugs.ts'
export { tellingContext } from './planted-bugs/telling-context.ts'
export {
  parametersOf,
  type Scenario,
  type ScenarioFailure,
  type ScenarioMutation,
  type ScenarioOptions,
  type ScenarioParameter,
  type ScenarioRun,
  scenarioRunOf,
  verifyScenarioOptions,
} from './scenario.ts'
export { scenarioNamed, scenarios } from './scenarios.ts'
export { type SeedSurvey, surveySeeds } from './seed-survey.ts'
export { seedsOf } from './seeds.ts'
