/**
 * Sleeping barber: customers come to a waiting room of so many chairs; whoever finds it full comes again; the barber
 * sleeps when nobody waits. Bringing a customer along and cutting hair are work: the barber is on the first thread, the
 * waiting room and the street on the second.
 *
 * Size: `haircuts`, `chairs`, `arrival` and `cutting` steps of work for each customer. Verified: each customer was cut
 * once, as the sums of their numbers and of the work done for each show; those who were turned away came again.
 * Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { busyWork } from './random-numbers.ts'

type Street = {
  open: (day: { haircuts: number; arrival: number; room: ActorRef<Room> }) => { cut: number; sum: number }
  arrive: () => void
  turnedAway: (customer: number) => void
  cut: (hair: { customer: number; work: number }) => void
}
type Room = { enter: (customer: number) => void; next: () => void; open: (barber: ActorRef<Barbering>) => void }
type Barbering = { customer: (customer: number) => void; start: (room: ActorRef<Room>) => void }

/** Customers at the barber: whose hair is cut, and who waits beside it while the thread of the room is busy. */
const customersAhead = 8

/** Brings the customers, the first time and again after they were turned away. */
export const CustomerStreet = defineActor<Street>()({
  name: 'CustomerStreet',
  module: import.meta.url,
  init: () => ({
    next: 0,
    haircuts: 0,
    arrival: 0,
    cut: 0,
    sum: 0,
    room: undefined as ActorRef<Room> | undefined,
    done: undefined as ReplyToken<{ cut: number; sum: number }> | undefined,
  }),
  on: {
    open(state, { haircuts, arrival, room }, ctx) {
      state.haircuts = haircuts
      state.arrival = arrival
      state.room = room
      state.done = ctx.deferReply<{ cut: number; sum: number }>()
      ctx.tell(ctx.self, 'arrive')
      return state.done
    },
    arrive(state, _nothing, ctx) {
      if (state.next === state.haircuts || state.room === undefined) return
      const customer = state.next++
      state.sum += busyWork(state.arrival, customer)
      ctx.tell(state.room, 'enter', customer)
      ctx.tell(ctx.self, 'arrive')
    },
    turnedAway(state, customer, ctx) {
      if (state.room !== undefined) ctx.tell(state.room, 'enter', customer)
    },
    cut(state, { work }, ctx) {
      state.sum += work
      if (++state.cut === state.haircuts && state.done !== undefined) {
        ctx.reply(state.done, { cut: state.cut, sum: state.sum })
      }
    },
  },
})

export const WaitingRoom = defineActor<Room>()({
  name: 'WaitingRoom',
  module: import.meta.url,
  init: ({ chairs, street }: { chairs: number; street: ActorRef<Street> }) => ({
    chairs,
    street,
    waiting: [] as number[],
    /** Customers that the barber would take at once. */
    wanted: customersAhead,
    barber: undefined as ActorRef<Barbering> | undefined,
  }),
  on: {
    open(state, barber) {
      state.barber = barber
    },
    enter(state, customer, ctx) {
      if (state.wanted > 0 && state.barber !== undefined) {
        state.wanted--
        ctx.tell(state.barber, 'customer', customer)
      } else if (state.waiting.length < state.chairs) state.waiting.push(customer)
      else ctx.tell(state.street, 'turnedAway', customer)
    },
    next(state, _nothing, ctx) {
      const customer = state.waiting.shift()
      if (customer === undefined) state.wanted++
      else if (state.barber !== undefined) ctx.tell(state.barber, 'customer', customer)
    },
  },
})

/** Asks for another customer with each that it takes, and has some ahead: what it says leaves when the hair is cut. */
export const Barber = defineActor<Barbering>()({
  name: 'Barber',
  module: import.meta.url,
  init: ({ street, cutting }: { street: ActorRef<Street>; cutting: number }) => ({
    street,
    cutting,
    room: undefined as ActorRef<Room> | undefined,
  }),
  on: {
    start(state, room) {
      state.room = room
    },
    customer(state, customer, ctx) {
      if (state.room !== undefined) ctx.tell(state.room, 'next')
      ctx.tell(state.street, 'cut', { customer, work: busyWork(state.cutting, customer) })
    },
  },
})

export const sleepingBarber = defineProgram({
  name: 'sleeping-barber',
  summary: 'customers, a waiting room of some chairs, a barber',
  unit: 'haircuts',
  size: { haircuts: 5_000, chairs: 1_000, arrival: 90_000, cutting: 100_000 },
  quick: { haircuts: 200, chairs: 20, arrival: 1_000, cutting: 1_000 },
  expected({ haircuts, arrival, cutting }) {
    let sum = 0
    for (let customer = 0; customer < haircuts; customer++) {
      sum += busyWork(arrival, customer) + busyWork(cutting, customer)
    }
    return sum
  },
  async run(stage, { haircuts, chairs, arrival, cutting }) {
    const street = await stage.spawn(CustomerStreet, undefined, stage.nodeAt(1))
    const room = await stage.spawn(WaitingRoom, { chairs, street }, stage.nodeAt(1))
    const barber = await stage.spawn(Barber, { street, cutting })
    await stage.ask(barber, 'start', room)
    await stage.ask(room, 'open', barber)
    return await stage.ask(street, 'open', { haircuts, arrival, room })
  },
  verify(result, sum, { haircuts }) {
    expectEqual('haircuts', result.cut, haircuts)
    expectEqual('sum of the work', result.sum, sum)
  },
  units: ({ haircuts }) => haircuts,
})
