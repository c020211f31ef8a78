/** Seeds as they are given on a command line. */

/** `N`: 1 to N; `A..B`: both included. Throws a `RangeError` for anything else. */
export function seedsOf(text: string): number[] {
  const match = /^(?:(\d+)\.\.)?(\d+)$/.exec(text)
  if (match === null) throw new RangeError(`--seeds must be N or A..B, got ${text}`)
  const first = Number(match[1] ?? 1)
  return Array.from({ length: Math.max(0, Number(match[2]) - first + 1) }, (_, index) => first + index)
}
