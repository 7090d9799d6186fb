// Columns of numbers outside the garbage collector's heap.

export type Column = Float64Array | Int32Array | Uint8Array | Uint16Array | Uint32Array

/** What was in a column, in a longer one. */
export function wider<A extends Column> (column: A, into: A): A {
  into.set(column)
  return into
}
