/** Histories in the text formats that are known, checked in one call. Reading the file is the caller's. */
import { parseJepsenEtcdLog } from './etcd-log.ts'
import { HistoryError } from './history-error.ts'
import { parseKeyValueLog } from './key-value-log.ts'
import { checkLinearizable } from './linearizability.ts'
import { keyValueModel } from './models/key-value.ts'
import { registerModel } from './models/register.ts'
import type { ObjectModel } from './object-model.ts'
import type { Operation } from './operation.ts'
import type { OrderCheckOptions } from './order-check.ts'
import { formatOrderCounterexample } from './order-counterexample.ts'

/** `register`: a Jepsen log of a register on etcd. `kv`: a log of a key-value store. */
export type HistoryFormat = 'register' | 'kv'

/** All {@link HistoryFormat}s. */
export const historyFormats: readonly HistoryFormat[] = ['register', 'kv']

/** What {@link checkHistoryText} found. */
export interface HistoryTextResult {
  readonly verdict: boolean | 'unknown'
  /** How many operations the text has. */
  readonly operations: number
  /** How many times the model was asked. */
  readonly steps: number
  /** What could not be explained, for people; when the verdict is false. */
  readonly explanation: string | undefined
}

/** Decides whether the history that `text` holds is linearizable. Throws a {@link HistoryError} that names the line. */
export function checkHistoryText(
  format: HistoryFormat,
  text: string,
  options: OrderCheckOptions = {},
): HistoryTextResult {
  switch (format) {
    case 'register':
      return checkOperations(registerModel<number | null>(null), parseJepsenEtcdLog(text), options)
    case 'kv':
      return checkOperations(keyValueModel, parseKeyValueLog(text), options)
    default:
      throw new HistoryError(`no history format ${String(format)}: one of ${historyFormats.join(', ')}`, { format })
  }
}

function checkOperations<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
  options: OrderCheckOptions,
): HistoryTextResult {
  const { verdict, steps, counterexample } = checkLinearizable(model, operations, options)
  return {
    verdict,
    operations: operations.length,
    steps,
    explanation: counterexample && formatOrderCounterexample(model, counterexample),
  }
}
