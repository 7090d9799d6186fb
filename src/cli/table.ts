// Text for a terminal: tables, and numbers as people read them.

/** Columns of numbers are set to the right. */
export function table (head: readonly string[], rows: ReadonlyArray<ReadonlyArray<string | number>>): string {
  const texts = [head, ...rows].map(row => row.map(cell => typeof cell === 'number' ? cell.toLocaleString('en') : plain(cell)))
  const widths = head.map((_, column) => Math.max(...texts.map(row => (row[column] ?? '').length)))
  const isNumber = head.map((_, column) => rows.length > 0 && rows.every(row => typeof row[column] === 'number' || /^[\d.,]+( %| \w+)?$|^–$/.test(String(row[column]))))
  return texts.map(row => row.map((cell, column) => isNumber[column] === true ? cell.padStart(widths[column] as number) : cell.padEnd(widths[column] as number)).join('  ').trimEnd()).join('\n')
}

/** What comes from elsewhere must not steer the terminal. */
export function plain (text: string): string {
  // eslint-disable-next-line no-control-regex -- these are what is looked for
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g, char => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export function size (bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  const unit = ['KiB', 'MiB', 'GiB', 'TiB'].find((_, i) => bytes < 1024 ** (i + 2)) ?? 'TiB'
  return `${(bytes / 1024 ** (['KiB', 'MiB', 'GiB', 'TiB'].indexOf(unit) + 1)).toFixed(1)} ${unit}`
}

export function percent (part: number): string {
  return `${(part * 100).toFixed(1)} %`
}

export function time (ms: number): string {
  const seconds = Math.round(ms / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  return seconds < 86_400 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} d`
}
