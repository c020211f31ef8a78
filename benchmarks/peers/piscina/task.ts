/** The task that piscina runs. A task returns; what it counted is the sum of what all of them returned. */
import { largeBytes, type NestedMessage } from '../workloads.ts'

/** One task's argument. */
export type Task =
  | { readonly type: 'add'; readonly by: number }
  | NestedMessage
  | { readonly type: 'bytes'; readonly bytes: Uint8Array }

export default function run(task: Task): number {
  if (task.type === 'add') return task.by
  if (task.type === 'bytes') return task.bytes.length === largeBytes ? task.bytes[0]! : 0
  return task.value.op === 'put' && task.value.val === task.slot ? 1 : 0
}
