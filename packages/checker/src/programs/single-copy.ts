/** A register that each server keeps for itself: linearizable with one server, not with two. */
import { type ActorRef, defineActor } from '@troupe/core'
import { noSymmetry, program } from './program.ts'
import {
  noValue,
  type RegisterClientProtocol,
  type RegisterProtocol,
  type RegisterServerArgs,
  register,
  registerParameters,
} from './register.ts'

const SingleCopyServer = defineActor<RegisterProtocol>()({
  name: 'SingleCopyServer',
  init: (_args: RegisterServerArgs) => ({ value: noValue }),
  on: {
    put(state, { id, value }, ctx) {
      state.value = value
      ctx.tell(ctx.sender as ActorRef<RegisterClientProtocol>, 'putOk', { id })
    },
    get(state, { id }, ctx) {
      ctx.tell(ctx.sender as ActorRef<RegisterClientProtocol>, 'getOk', { id, value: state.value })
    },
  },
})

export const singleCopyProgram = program({
  name: 'single-copy',
  what: 'a register that each server keeps for itself',
  parameters: { ...registerParameters, servers: { ...registerParameters.servers, default: 1, min: 1 } },
  network: 'unordered',
  options(size, symmetry) {
    if (symmetry) throw noSymmetry('single-copy', 'clients choose servers by number')
    return register(SingleCopyServer, size)
  },
})
