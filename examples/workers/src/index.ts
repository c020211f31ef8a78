/** The pool, for the demo and for tests on other hosts. */
export { Corpus } from './corpus.ts'
export { services as corpusServices } from './corpus-file.ts'
export { countAll, type Pool, shareTasks, startPool } from './pool.ts'
export { type Totals, totalsOf } from './reducer.ts'
export { countTerms } from './terms.ts'
/** The services module for `createSystem({ servicesModule })`. */
export const corpusModule: URL = new URL('./corpus-file.ts', import.meta.url)
