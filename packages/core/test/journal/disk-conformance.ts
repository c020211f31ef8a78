/** What every disk must do, whatever it is made of: the contract of the port, case by case. */
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/journal/crc32c.ts'
import type { Disk, DiskCallback } from '../../src/ports/disk.ts'

/** Waits for an operation; also checks that it does not call back before it has returned. */
export function done<Result>(operation: (done: DiskCallback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    let returned = false
    operation((error, result) => {
      if (!returned) reject(new Error('called back before it returned'))
      else if (error === undefined) resolve(result as Result)
      else reject(error)
    })
    returned = true
  })
}

export function describeDisk(name: string, make: () => Disk): void {
  describe(`${name} as a disk`, () => {
    const write = (disk: Disk, file: string, offset: number, ...bytes: number[]) =>
      done<void>((call) => disk.write(file, offset, Uint8Array.from(bytes), call))
    const read = async (disk: Disk, file: string, offset: number, length: number) => [
      ...(await done<Uint8Array>((call) => disk.read(file, offset, length, call))),
    ]
    const size = (disk: Disk, file: string) => done<number | undefined>((call) => disk.size(file, call))

    it('begins empty, and knows no file', async () => {
      const disk = make()
      expect(await done<string[]>((call) => disk.list(call))).toEqual([])
      expect(await size(disk, 'a')).toBeUndefined()
      const absent = { code: 'ENOENT' }
      await expect(done<Uint8Array>((call) => disk.read('a', 0, 1, call))).rejects.toMatchObject(absent)
      await expect(done<void>((call) => disk.sync('a', call))).rejects.toMatchObject(absent)
      await expect(done<void>((call) => disk.truncate('a', 0, call))).rejects.toMatchObject(absent)
      await done<void>((call) => disk.close(call))
    })

    it('creates a file with its first write, and lists it', async () => {
      const disk = make()
      await write(disk, 'a', 0, 1, 2, 3)
      await write(disk, 'b', 0)
      expect((await done<string[]>((call) => disk.list(call))).sort()).toEqual(['a', 'b'])
      expect([await size(disk, 'a'), await size(disk, 'b')]).toEqual([3, 0])
      await done<void>((call) => disk.close(call))
    })

    it('overwrites, extends, and fills a hole with zeros', async () => {
      const disk = make()
      await write(disk, 'a', 0, 1, 2, 3)
      await write(disk, 'a', 2, 8, 9)
      await write(disk, 'a', 6, 7)
      expect(await read(disk, 'a', 0, 100)).toEqual([1, 2, 8, 9, 0, 0, 7])
      expect(await read(disk, 'a', 3, 2)).toEqual([9, 0])
      expect(await read(disk, 'a', 7, 2)).toEqual([])
      expect(await read(disk, 'a', 70, 2)).toEqual([])
      await done<void>((call) => disk.close(call))
    })

    it('cuts a file, and does not bring back what was cut', async () => {
      const disk = make()
      await write(disk, 'a', 0, 1, 2, 3, 4)
      await done<void>((call) => disk.truncate('a', 1, call))
      await done<void>((call) => disk.sync('a', call))
      await write(disk, 'a', 3, 9)
      expect(await read(disk, 'a', 0, 100)).toEqual([1, 0, 0, 9])
      await done<void>((call) => disk.close(call))
    })

    it('removes a file, also one that is absent, and begins it anew', async () => {
      const disk = make()
      await write(disk, 'a', 0, 1, 2, 3, 4)
      await done<void>((call) => disk.remove('a', call))
      await done<void>((call) => disk.remove('a', call))
      expect(await size(disk, 'a')).toBeUndefined()
      await write(disk, 'a', 1, 5)
      expect(await read(disk, 'a', 0, 100)).toEqual([0, 5])
      await done<void>((call) => disk.close(call))
    })

    it('takes operations on one file in the order of the calls', async () => {
      const disk = make()
      const order: number[] = []
      const writes = Array.from({ length: 50 }, (_, at) =>
        write(disk, 'a', 0, ...new Array(100 - at).fill(at)).then(() => order.push(at)),
      )
      const last = read(disk, 'a', 0, 100)
      const gone = done<void>((call) => disk.remove('a', call))
      const again = write(disk, 'a', 0, 1)
      expect((await last).slice(48)).toEqual([49, 49, 49, ...Array.from({ length: 49 }, (_, at) => 48 - at)])
      await Promise.all([...writes, gone, again])
      expect(order).toEqual([...order].sort((left, right) => left - right))
      expect(await read(disk, 'a', 0, 100)).toEqual([1])
      await done<void>((call) => disk.close(call))
    })

    it('moves a megabyte in one operation', async () => {
      const disk = make()
      const bytes = Uint8Array.from({ length: 1024 * 1024 }, (_, at) => at % 251)
      await done<void>((call) => disk.write('a', 10, bytes, call))
      await done<void>((call) => disk.sync('a', call))
      const found = await done<Uint8Array>((call) => disk.read('a', 10, bytes.length, call))
      expect(crc32c(found)).toBe(crc32c(bytes))
      await done<void>((call) => disk.close(call))
    })
  })
}
