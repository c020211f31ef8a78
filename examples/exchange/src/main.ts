/** Two threads, each with the table open for itself. */
import { createSystem } from '@troupe/threads'
import { Exchange } from './exchange.ts'

const system = await createSystem({ threads: 2, servicesModule: new URL('./services.ts', import.meta.url) })
for (const node of system.nodes) {
  const exchange = await system.spawn(Exchange, undefined, { node })
  console.log(`${node}: 100 EUR are ${await exchange.ask('change', { amount: 100, from: 'EUR', to: 'NOK' })} NOK`)
}
await system.stop()
