/** What was worked out once is remembered. */
export function remembered<Value>(known: Map<number, Value> | undefined, key: number, make: () => Value): Value {
  const before = known?.get(key)
  if (before !== undefined) return before
  const made = make()
  known?.set(key, made)
  return made
}
