/**
 * Rendezvous hashing (Thaler and Ravishankar, 1998): each candidate scores with the key, the highest has it. When a
 * candidate goes, only its own keys move, evenly to the others.
 */
import { hashString } from './seeded-random.ts'

/** The index of the candidate that has `key`. `candidates` are distinct names, at least one. */
export function rendezvous(key: string, candidates: readonly string[]): number {
  const basis = hashString(key)
  let best = 0
  let bestScore = -1
  for (let index = 0; index < candidates.length; index++) {
    const score = mix(hashString(candidates[index] as string, basis))
    // Of two equal scores the smaller name, so that the order of the candidates does not matter.
    if (score > bestScore || (score === bestScore && (candidates[index] as string) < (candidates[best] as string))) {
      best = index
      bestScore = score
    }
  }
  return best
}

/** MurmurHash3's finalizer: every bit of FNV's result bears on every bit of the score. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
