/** A services module with a mistake: now and then a node does not hear of a death on another. */
import { FrameKind } from '@troupe/core/host'
import { plant } from './plant.ts'

const everyNotices = 10
let seen = 0

plant((receive, from, frame) => {
  if (frame[0] !== FrameKind.terminated || ++seen % everyNotices !== 0) receive(from, frame)
})

export const services = {}
