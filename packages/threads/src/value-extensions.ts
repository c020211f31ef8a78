/** The classes of core whose instances travel between threads; a module that sends or receives values imports this. */
import { refExtension, replyTokenExtension } from '@troupe/core/host'
import { registerExtension } from './channel/index.ts'

registerExtension(refExtension)
registerExtension(replyTokenExtension)
