/** The programs of the suite, in the order of the paper (Imam and Sarkar, AGERE 2014): messages, sharing, parallelism. */
import { bankTransaction } from './bank-transaction.ts'
import { big } from './big.ts'
import { boundedBuffer } from './bounded-buffer.ts'
import { chameneos } from './chameneos.ts'
import { cigaretteSmokers } from './cigarette-smokers.ts'
import { concurrentDictionary } from './concurrent-dictionary.ts'
import { concurrentSortedList } from './concurrent-sorted-list.ts'
import { counting } from './counting.ts'
import { diningPhilosophers } from './dining-philosophers.ts'
import { fibonacci } from './fibonacci.ts'
import { forkJoinCreate } from './fork-join-create.ts'
import { forkJoinThroughput } from './fork-join-throughput.ts'
import { logisticMap } from './logistic-map.ts'
import { pingPong } from './ping-pong.ts'
import type { SavinaProgram } from './program.ts'
import { sleepingBarber } from './sleeping-barber.ts'
import { threadRing } from './thread-ring.ts'

export const programs: readonly SavinaProgram[] = [
  pingPong,
  counting,
  forkJoinCreate,
  forkJoinThroughput,
  threadRing,
  chameneos,
  big,
  concurrentDictionary,
  concurrentSortedList,
  boundedBuffer,
  diningPhilosophers,
  sleepingBarber,
  cigaretteSmokers,
  logisticMap,
  bankTransaction,
  fibonacci,
]
