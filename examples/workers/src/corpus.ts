/** The texts, as a service: an actor says what it needs, and each host decides where it comes from. */
import { defineService } from '@troupe/core'

/** Texts by number, from 0. */
export const Corpus = defineService<{ texts(): readonly string[] }>('corpus')
