/** Two clients of one server: a patient one, and one that sends all at once and is told to wait. */
import { createSystem } from '@troupe/threads'
import { Limiter } from './limiter.ts'
import { serve } from './server.ts'

const limits = { burst: 5, refillMs: 100, idleMs: 200 }
await using system = await createSystem({ threads: 2 })
const limiter = await system.spawn(Limiter, limits)
const { server, url } = await serve(limiter)

const statusOf = async (client: string) => (await fetch(url, { headers: { 'x-api-key': client } })).status
const count = (statuses: number[]) =>
  `${statuses.filter((status) => status === 200).length} served, ${statuses.filter((status) => status === 429).length} refused`

console.log(`a bucket holds ${limits.burst} tokens, one is put back every ${limits.refillMs} ms`)
console.log(`ada sends 3 requests:          ${count(await Promise.all([1, 2, 3].map(() => statusOf('ada'))))}`)
const burst = await Promise.all(Array.from({ length: 50 }, () => statusOf('bob')))
console.log(`bob sends 50 at once:          ${count(burst)}`)
await new Promise((resolve) => setTimeout(resolve, limits.refillMs * limits.burst))
console.log(`bob tries once, half a second later: ${count([await statusOf('bob')])}`)
while ((await limiter.ask('clients')) > 0) await new Promise((resolve) => setTimeout(resolve, 50))
console.log('both have been idle for a while: their buckets are gone')
await new Promise((resolve) => server.close(resolve))
