/** The programs of the suite, in the order of the paper (Imam and Sarkar, AGERE 2014): messages, sharing, parallelism. */

import { aStar } from './a-star.ts'
import { allPairsShortestPath } from './all-pairs-shortest-path.ts'
import { bankTransaction } from './bank-transaction.ts'
import { big } from './big.ts'
import { bitonicSort } from './bitonic-sort.ts'
import { boundedBuffer } from './bounded-buffer.ts'
import { chameneos } from './chameneos.ts'
import { cigaretteSmokers } from './cigarette-smokers.ts'
import { concurrentDictionary } from './concurrent-dictionary.ts'
import { concurrentSortedList } from './concurrent-sorted-list.ts'
import { counting } from './counting.ts'
import { diningPhilosophers } from './dining-philosophers.ts'
import { facilityLocation } from './facility-location.ts'
import { fibonacci } from './fibonacci.ts'
import { filterBank } from './filter-bank.ts'
import { forkJoinCreate } from './fork-join-create.ts'
import { forkJoinThroughput } from './fork-join-throughput.ts'
import { logisticMap } from './logistic-map.ts'
import { nQueens } from './n-queens.ts'
import { piPrecision } from './pi-precision.ts'
import { pingPong } from './ping-pong.ts'
import type { SavinaProgram } from './program.ts'
import { quicksort } from './quicksort.ts'
import { radixSort } from './radix-sort.ts'
import { recursiveMatrixMultiplication } from './recursive-matrix-multiplication.ts'
import { sieve } from './sieve.ts'
import { sleepingBarber } from './sleeping-barber.ts'
import { successiveOverRelaxation } from './successive-over-relaxation.ts'
import { threadRing } from './thread-ring.ts'
import { trapezoid } from './trapezoid.ts'
import { uct } from './uct.ts'

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
  radixSort,
  filterBank,
  sieve,
  uct,
  facilityLocation,
  trapezoid,
  piPrecision,
  recursiveMatrixMultiplication,
  quicksort,
  allPairsShortestPath,
  successiveOverRelaxation,
  aStar,
  nQueens,
  fibonacci,
  bitonicSort,
]
