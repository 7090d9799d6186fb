// Numbers and tables as people read them.

export function count (value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

export function percent (part: number): string {
  return `${(part * 100).toFixed(1)} %`
}

/** Milliseconds as milliseconds or seconds, whichever reads better. */
export function duration (milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(milliseconds < 10 ? 2 : 0)} ms` : `${(milliseconds / 1000).toFixed(2)} s`
}

/** Columns as wide as their widest cell; the first is flush left, the others flush right. */
export function table (rows: string[][]): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, i) => { widths[i] = Math.max(widths[i] ?? 0, cell.length) })
  return rows.map(row => row
    .map((cell, i) => i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))
    .join('   '))
}
