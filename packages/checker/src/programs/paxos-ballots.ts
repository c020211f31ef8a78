/** `Paxos.tla` (Lamport): single-decree Paxos with ballots and a set of all messages ever sent, as a model. */
import type { ModelCheckOptions } from '../check.ts'
import { model, witness } from '../model.ts'
import { ids, program } from './program.ts'

type Message =
  | { readonly type: '1a'; readonly ballot: number }
  | {
      readonly type: '1b'
      readonly acceptor: string
      readonly ballot: number
      readonly votedIn: number
      readonly value: string
    }
  | { readonly type: '2a'; readonly ballot: number; readonly value: string }
  | { readonly type: '2b'; readonly acceptor: string; readonly ballot: number; readonly value: string }

interface PaxosState {
  /** The highest ballot that each acceptor has heard of; -1: none. */
  readonly maxBallot: Readonly<Record<string, number>>
  /** The highest ballot in which each has voted, and for what. */
  readonly votedIn: Readonly<Record<string, number>>
  readonly value: Readonly<Record<string, string>>
  readonly messages: ReadonlySet<Message>
}

const none = ''

/** The model of `acceptors` acceptors, `values` values and the ballots from 0 to `ballots - 1`. */
function paxosBallots({ acceptors, values, ballots }: { acceptors: number; values: number; ballots: number }) {
  const acceptorIds = ids('a', acceptors)
  const valueIds = ids('v', values)
  const numbers = Array.from({ length: ballots }, (_, ballot) => ballot)
  const quorums = majorities(acceptorIds)
  const send = (messages: PaxosState['messages'], message: Message) => {
    const sent = [...messages].some((other) => isSame(other, message))
    return sent ? messages : new Set([...messages, message])
  }
  const of = <Type extends Message['type']>(state: PaxosState, type: Type) =>
    [...state.messages].filter((message): message is Extract<Message, { type: Type }> => message.type === type)
  const all = <Value>(value: Value) => Object.fromEntries(acceptorIds.map((id) => [id, value]))
  return model<PaxosState>({
    init: () => [{ maxBallot: all(-1), votedIn: all(-1), value: all(none), messages: new Set() }],
    actions: {
      *phase1a(state) {
        for (const ballot of numbers) {
          yield witness({ ...state, messages: send(state.messages, { type: '1a', ballot }) }, ballot)
        }
      },
      *phase1b(state) {
        for (const acceptor of acceptorIds) {
          for (const { ballot } of of(state, '1a')) {
            if (ballot <= (state.maxBallot[acceptor] as number)) continue
            const [votedIn, value] = [state.votedIn[acceptor] as number, state.value[acceptor] as string]
            yield witness(
              {
                ...state,
                maxBallot: { ...state.maxBallot, [acceptor]: ballot },
                messages: send(state.messages, { type: '1b', acceptor, ballot, votedIn, value }),
              },
              acceptor,
              ballot,
            )
          }
        }
      },
      *phase2a(state) {
        for (const ballot of numbers) {
          if (of(state, '2a').some((message) => message.ballot === ballot)) continue
          const promises = of(state, '1b').filter((message) => message.ballot === ballot)
          for (const value of valueIds) {
            // Each quorum, and each vote in it, that shows the value to be safe is a way of its own.
            for (const quorum of quorums) {
              const heard = promises.filter(({ acceptor }) => quorum.includes(acceptor))
              if (!quorum.every((acceptor) => heard.some((message) => message.acceptor === acceptor))) continue
              const votes = heard.filter(({ votedIn }) => votedIn >= 0)
              const latest = Math.max(...votes.map(({ votedIn }) => votedIn))
              const next = { ...state, messages: send(state.messages, { type: '2a', ballot, value }) }
              if (votes.length === 0) yield witness(next, ballot, value)
              for (const vote of votes) {
                if (vote.value === value && vote.votedIn === latest) yield witness(next, ballot, value, vote.acceptor)
              }
            }
          }
        }
      },
      *phase2b(state) {
        for (const acceptor of acceptorIds) {
          for (const { ballot, value } of of(state, '2a')) {
            if (ballot < (state.maxBallot[acceptor] as number)) continue
            yield witness(
              {
                maxBallot: { ...state.maxBallot, [acceptor]: ballot },
                votedIn: { ...state.votedIn, [acceptor]: ballot },
                value: { ...state.value, [acceptor]: value },
                messages: send(state.messages, { type: '2b', acceptor, ballot, value }),
              },
              acceptor,
              ballot,
            )
          }
        }
      },
    },
  })
}

/** The values for which a quorum has voted in one ballot. */
function chosen(state: PaxosState): Set<string> {
  const acceptors = Object.keys(state.maxBallot).length
  const votes = [...state.messages].filter((message) => message.type === '2b')
  const counts = new Map<string, number>()
  for (const { ballot, value } of votes) counts.set(`${ballot} ${value}`, (counts.get(`${ballot} ${value}`) ?? 0) + 1)
  const quorate = [...counts].filter(([, count]) => count * 2 > acceptors)
  return new Set(quorate.map(([key]) => key.slice(key.indexOf(' ') + 1)))
}

function isSame(left: Message, right: Message): boolean {
  const keys = Object.keys(left) as (keyof Message)[]
  return keys.every((key) => left[key] === right[key])
}

/** The smallest sets that have more than half of the members. */
function majorities(members: readonly string[]): string[][] {
  const size = Math.floor(members.length / 2) + 1
  const choose = (from: number, left: number): string[][] => {
    if (left === 0) return [[]]
    if (members.length - from < left) return []
    const taken = choose(from + 1, left - 1).map((rest) => [members[from] as string, ...rest])
    return [...taken, ...choose(from + 1, left)]
  }
  return choose(0, size)
}

export const paxosBallotsProgram = program({
  name: 'paxos-ballots',
  what: 'single-decree Paxos, as the model Paxos.tla',
  parameters: {
    acceptors: { what: 'acceptors', default: 3, min: 1, max: 7 },
    values: { what: 'values', default: 2, min: 1, max: 8 },
    ballots: { what: 'ballots', default: 2, min: 1, max: 8 },
  },
  network: undefined,
  options: ({ acceptors, values, ballots }, symmetry): ModelCheckOptions<PaxosState> => ({
    model: paxosBallots({ acceptors, values, ballots }),
    always: { agreement: (state) => chosen(state).size <= 1 },
    sometimes: { 'a value is chosen': (state) => chosen(state).size === 1 },
    ...(symmetry ? { symmetry: [ids('a', acceptors), ids('v', values)] } : {}),
  }),
})
