/** The limiter: a bucket for each client, made when the client first comes and ended when it has long been idle. */
import { defineActor, type RefOf } from '@troupe/core'
import { Bucket, type Limits, type Verdict } from './bucket.ts'

type Messages = {
  /** Asks for one request of `client`; its bucket answers. */
  acquire: (client: string) => Verdict
  idle: (bucket: { client: string }) => void
  /** How many clients have a bucket. */
  clients: () => number
}

export const Limiter = defineActor<Messages>()({
  name: 'Limiter',
  module: import.meta.url,
  init: (limits: Limits) => ({ limits, buckets: new Map<string, RefOf<typeof Bucket>>() }),
  on: {
    acquire(state, client, ctx) {
      const bucket = state.buckets.get(client) ?? ctx.spawn(Bucket, { client, limits: state.limits, owner: ctx.self })
      state.buckets.set(client, bucket)
      return ctx.forward(bucket) // the reply comes from the bucket
    },
    idle(state, { client }, ctx) {
      const bucket = state.buckets.get(client)
      if (bucket === undefined) return
      state.buckets.delete(client)
      ctx.stop(bucket) // after the requests that it has already
    },
    clients: (state) => state.buckets.size,
  },
})
