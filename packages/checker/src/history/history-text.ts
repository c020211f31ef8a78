/** Histories in the text formats that are known, checked in one call. Reading the file is the caller's. */
import { parseJepsenEtcdLog } from './etcd-log.ts'
import { HistoryError } from './history-error.ts'
import { parseKeyValueLog } from './key-value-log.ts'
import { checkLinearizable } from './linearizability.ts'
import { minimizeHistory } from './minimize-history.ts'
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

/** Options of {@link checkHistoryText}. */
export interface HistoryTextOptions extends OrderCheckOptions {
  /** Explain by the smallest part of the history that is found to refute it; costs many more checks. Default false. */
  readonly minimize?: boolean
}

/** Decides whether the history that `text` holds is linearizable. Throws a {@link HistoryError} that names the line. */
export function checkHistoryText(
  format: HistoryFormat,
  text: string,
  options: HistoryTextOptions = {},
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
  { minimize = false, ...options }: HistoryTextOptions,
): HistoryTextResult {
  const { verdict, steps, counterexample: found } = checkLinearizable(model, operations, options)
  let counterexample = found
  if (found !== undefined && minimize) {
    counterexample = checkLinearizable(model, minimizeHistory(model, found.operations), options).counterexample
  }
  return {
    verdict,
    operations: operations.length,
    steps,
    explanation: counterexample && formatOrderCounterexample(model, counterexample),
  }
}
