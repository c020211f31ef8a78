/** Mutation runs: what of the mistakes that could have been made in a definition its properties would notice. */
export { type CleanRuns, type Equivalence, judgeMutant, type MutantCase, type MutantResult } from './judge-mutant.ts'
export {
  type MutateOptions,
  type MutationProgress,
  type MutationReport,
  mutate,
} from './mutate.ts'
export { type Mutation, type MutationOperator, mutationName, mutationOperators } from './mutation.ts'
export {
  DistortedMessages,
  type MutationRun,
  type MutationSubject,
  simulatedSubject,
} from './mutation-subject.ts'
export type { Replace } from './varied-definition.ts'
