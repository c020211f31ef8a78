/** The bureau in three worlds: alone with a ready object, in a simulated cluster with a twin, on threads with the table. */
import { createTestKit } from '@troupe/core/testing'
import { simulate } from '@troupe/simulation'
import { createSystem } from '@troupe/threads'
import { expect, test } from 'vitest'
import { Exchange } from '../src/exchange.ts'
import { ratesTwin } from '../src/rates-twin.ts'

const hundredEuros = { amount: 100, from: 'EUR', to: 'NOK' }

test('it changes at the rate that it is told', async () => {
  const kit = createTestKit({ services: { rates: { rate: async () => 11.5 } } })
  const exchange = await kit.spawn(Exchange, undefined)
  expect(await exchange.ask('change', hundredEuros)).toBe(1_150)
  await kit.stop()
})

test('a spawn without rates is refused by name', async () => {
  const kit = createTestKit()
  await expect(kit.spawn(Exchange, undefined)).rejects.toThrow(/spawn of Exchange: it uses service "rates"/)
  await kit.stop()
})

/** What each of twenty customers was told, and how many changes the bureau counted. */
async function customers(seed: number) {
  const told: (number | string)[] = []
  let counted = 0
  await simulate({ seed, nodes: 1, services: { rates: ratesTwin } }, async (world) => {
    const exchange = await world.spawn(Exchange, undefined, { supervise: { onFailure: 'resume' } })
    for (let customer = 0; customer < 20; customer++) {
      told.push(await exchange.ask('change', hundredEuros).catch((error: Error) => error.message))
    }
    counted = await exchange.ask('changes')
  })
  return { told, counted }
}

test('it counts the changes that were made, whatever the rates do', async () => {
  const { told, counted } = await customers(7)
  expect(told.filter((answer) => typeof answer === 'number').length).toBe(counted)
  expect(told).toContain('no answer for EUR to NOK')
  expect(await customers(7)).toEqual({ told, counted })
})

test('on threads each node has the table open', async () => {
  const servicesModule = new URL('../src/services.ts', import.meta.url)
  await using system = await createSystem({ threads: 2, servicesModule })
  for (const node of system.nodes) {
    const exchange = await system.spawn(Exchange, undefined, { node, supervise: { onFailure: 'resume' } })
    expect(await exchange.ask('change', hundredEuros)).toBe(1_175)
    await expect(exchange.ask('change', { ...hundredEuros, to: 'XXX' })).rejects.toThrow(/no rate from EUR to XXX/)
  }
})
