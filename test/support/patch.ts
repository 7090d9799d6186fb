// Takes a safeguard out of the code for a while, to see whether a test finds it missing.

/** Replaces a method. `replacement` gets the one that was there. @returns what undoes it */
export function patch<C extends object, N extends keyof C> (type: { prototype: C }, name: N, replacement: (original: C[N]) => C[N]): () => void {
  const { prototype } = type
  const original = prototype[name]
  prototype[name] = replacement(original)
  return () => { prototype[name] = original }
}

/** Undoes them all. */
export function all (...undo: Array<() => void>): () => void {
  return () => { for (const each of undo) each() }
}

/** Instead of a method that does something. */
export const nothing = (): void => {}
