/**
 * The logs that Jepsen wrote of a compare-and-set register on etcd. A line of an operation is
 *
 *     INFO  jepsen.util - PROCESS :invoke|:ok|:fail|:info :read|:write|:cas ARGUMENT
 *
 * where the argument is `nil`, a number, `[expected new]`, or, of an operation that failed or whose outcome is unknown,
 * a keyword such as `:timed-out`.
 */
import { HistoryError } from './history-error.ts'
import { HistoryRecorder, type OperationId } from './history-recorder.ts'
import type { RegisterInput, RegisterOutput } from './models/register.ts'
import type { Operation } from './operation.ts'

/** A value of the register; it starts as null, which the logs call nil. */
export type EtcdValue = number | null

const operationLine = /^INFO\s+jepsen\.util\s+-\s+(\d+)\s+:(invoke|ok|fail|info)\s+:(read|write|cas)\s+(.+)$/
/** Lines that are no operations: of other loggers, and of the process that injects faults. */
const otherLine = /^(?:INFO|WARN|ERROR|DEBUG|TRACE)\s+(?:(?!jepsen\.util\s)\S+|jepsen\.util)\s+-\s+(?!\d+\s+:)/
const keyword = /^:[a-z][a-z-]*$/

interface OpenOperation {
  readonly id: OperationId
  readonly name: string
  readonly argument: string
}

/**
 * The history in such a log. A read that timed out, and whatever ended as `:info`, never returned; what the log says
 * failed, other than a compare-and-set that found another value, had no effect and is left out. Throws a
 * {@link HistoryError} that names the line for anything else.
 */
export function parseJepsenEtcdLog(text: string): Operation<RegisterInput<EtcdValue>, RegisterOutput<EtcdValue>>[] {
  const recorder = new HistoryRecorder<RegisterInput<EtcdValue>, RegisterOutput<EtcdValue>>()
  const open = new Map<number, OpenOperation>()
  text.split('\n').forEach((untrimmed, index) => {
    const line = untrimmed.trim()
    if (line === '' || otherLine.test(line)) return
    const refuse = (why: string) => new HistoryError(`line ${index + 1}: ${why}: ${line}`, { line: index + 1 })
    const [, processText, type, name, argument] = operationLine.exec(line) ?? []
    if (processText === undefined || name === undefined || argument === undefined) {
      throw refuse('not a line of a Jepsen log of a register')
    }
    const process = Number(processText)
    if (type === 'invoke') {
      if (open.has(process)) throw refuse(`process ${process} calls again before its last operation ended`)
      open.set(process, { id: recorder.invoke(process, inputOf(name, argument, refuse)), name, argument })
      return
    }
    const called = open.get(process)
    if (called === undefined) throw refuse(`process ${process} has no operation that could end`)
    if (called.name !== name) throw refuse(`process ${process} called :${called.name}`)
    open.delete(process)
    const reason = keyword.test(argument)
    if (!reason && name !== 'read' && argument !== called.argument) {
      throw refuse(`process ${process} called it with ${called.argument}`)
    }
    if (type === 'info' || (type === 'fail' && name === 'read')) recorder.abandon(called.id)
    else if (type === 'fail' && (reason || name === 'write')) recorder.fail(called.id)
    else if (reason) throw refuse('an operation that returned has a result')
    else if (name === 'read') recorder.return(called.id, registerValue(argument, refuse))
    else if (name === 'write') recorder.return(called.id, undefined)
    else recorder.return(called.id, type === 'ok')
  })
  return recorder.operations()
}

type Refuse = (why: string) => HistoryError

function inputOf(name: string, argument: string, refuse: Refuse): RegisterInput<EtcdValue> {
  if (name === 'read') {
    if (argument !== 'nil') throw refuse('a read is called with nil')
    return { name: 'read' }
  }
  if (name === 'write') return { name: 'write', value: registerValue(argument, refuse) }
  const [, expected, value] = /^\[(\S+)\s+(\S+)\]$/.exec(argument) ?? []
  if (expected === undefined || value === undefined) throw refuse('a compare-and-set is called with [expected new]')
  return { name: 'compareAndSet', expected: registerValue(expected, refuse), value: registerValue(value, refuse) }
}

function registerValue(text: string, refuse: Refuse): EtcdValue {
  if (text === 'nil') return null
  const value = Number(text)
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value)) throw refuse(`${text} is neither nil nor an integer`)
  return value
}
