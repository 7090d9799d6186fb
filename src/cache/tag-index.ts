// Which keys of a store have a tag. Entries without tags are not in it and cost nothing here.

export class TagIndex {
  readonly #keys = new Map<string, Set<string>>()

  /** Tags that some key has. */
  get size (): number {
    return this.#keys.size
  }

  add (key: string, tags: readonly string[]): void {
    for (const tag of tags) {
      const keys = this.#keys.get(tag)
      if (keys === undefined) this.#keys.set(tag, new Set([key]))
      else keys.add(key)
    }
  }

  delete (key: string, tags: readonly string[]): void {
    for (const tag of tags) {
      const keys = this.#keys.get(tag)
      // a tag may stand twice in the list
      if (keys?.delete(key) === true && keys.size === 0) this.#keys.delete(tag)
    }
  }

  /** The keys as they are now: the list stays as it is while they are removed. */
  keysOf (tag: string): string[] {
    return [...this.#keys.get(tag) ?? []]
  }

  clear (): void {
    this.#keys.clear()
  }
}
