/** The programs of the suite, in the order of the paper (Imam and Sarkar, AGERE 2014): messages, sharing, parallelism. */
import { big } from './big.ts'
import { chameneos } from './chameneos.ts'
import { counting } from './counting.ts'
import { fibonacci } from './fibonacci.ts'
import { forkJoinCreate } from './fork-join-create.ts'
import { forkJoinThroughput } from './fork-join-throughput.ts'
import { pingPong } from './ping-pong.ts'
import type { SavinaProgram } from './program.ts'
import { threadRing } from './thread-ring.ts'

export const programs: readonly SavinaProgram[] = [
  pingPong,
  counting,
  forkJoinCreate,
  forkJoinThroughput,
  threadRing,
  chameneos,
  big,
  fibonacci,
]
