import { MemoryDisk } from '../../src/memory-disk.ts'
import { describeDisk } from './disk-conformance.ts'

describeDisk('MemoryDisk', () => new MemoryDisk({ schedule: (run) => setImmediate(run) }))
