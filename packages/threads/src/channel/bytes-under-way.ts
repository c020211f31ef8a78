/**
 * The bytes of what was posted beside a ring and that its receiver has not taken yet: memory that waits for it, of which
 * the ring itself knows nothing. Posts are numbered from 1, and the receiver says in the ring's memory which it took last.
 */

export class BytesUnderWay {
  /** Bytes of all posts that were not taken, as far as is known. */
  bytes = 0
  /** Bytes of each post from the first that was not taken on. */
  #posts: number[] = []
  #first = 0
  /** The number of the last post that was taken, as far as is known. */
  #taken = 0

  /** The next post has so many bytes. */
  add(bytes: number): void {
    this.#posts.push(bytes)
    this.bytes += bytes
  }

  /** The receiver has taken all posts up to that number, modulo 2^32. */
  taken(number: number): void {
    const posts = this.#posts
    while (this.#taken !== number && this.#first < posts.length) {
      this.#taken = (this.#taken + 1) | 0
      this.bytes -= posts[this.#first++] as number
    }
    // Removing them when half of the array is spent moves each at most once on average.
    if (this.#first * 2 >= posts.length && this.#first > 0) {
      this.#posts = posts.slice(this.#first)
      this.#first = 0
    }
  }
}
