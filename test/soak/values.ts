// The keys of the long run, and values of which each can be told from any other: of 10 bytes to 4 MiB.

export const SMALL_KEYS = 6_000
export const LARGE_KEYS = 120
const TAGS = 128

/** The keys of the three groups. Every one has one size for ever. */
export const small = (rank: number): string => `value ${rank}`
export const large = (rank: number): string => `blob ${rank}`

export interface Value { key: string, version: number, by: 'load' | 'set', text: string }

export function tagOf (key: string): string {
  return `tag ${rankOf(key) % TAGS}`
}

/** The small keys with a tag. */
export function keysWith (tag: string): string[] {
  const first = Number(tag.slice(4))
  return Array.from({ length: Math.ceil((SMALL_KEYS - first) / TAGS) }, (_, i) => small(first + i * TAGS))
}

/** 10 B to 32 KiB for small keys, 32 KiB to 4 MiB for large ones, evenly by orders of magnitude and mixed up over the ranks. */
function sizeOf (key: string): number {
  const part = (Math.imul(rankOf(key) + 1, 0x9e3779b1) >>> 0) / 2 ** 32
  const [least, most] = key.startsWith('blob') ? [32 * 1024, 4 * 1024 * 1024] : [10, 32 * 1024]
  return Math.round(least * (most / least) ** part)
}

export function valueOf (key: string, version: number, by: Value['by']): Value {
  return { key, version, by, text: letterOf(key, version).repeat(sizeOf(key)) }
}

/** What is wrong with a value that was answered for `key`, if anything. */
export function faultOf (key: string, { key: of, version, text }: Value): string | undefined {
  if (of !== key) return `the value of ${of}`
  const letter = letterOf(key, version)
  const isWhole = text.length === sizeOf(key) && text.at(0) === letter && text.at(-1) === letter && text.at(text.length >> 1) === letter
  return isWhole ? undefined : `${text.length} letters of ${sizeOf(key)}`
}

/** A value as bytes: a head of 64 letters with key and version, and the rest. */
export function blobOf (key: string, version: number): Uint8Array {
  const bytes = Buffer.alloc(sizeOf(key), letterOf(key, version))
  bytes.write(headOf(key, version), 'latin1')
  return bytes
}

/** @returns its version, or what is wrong with it */
export function versionOf (key: string, blob: Uint8Array): number | string {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  const head = bytes.toString('latin1', 0, HEAD_LENGTH)
  const version = Number(/ version (\d+)/.exec(head)?.[1])
  const letter = letterOf(key, version)
  const isWhole = head === headOf(key, version) && bytes.length === sizeOf(key) && [bytes.at(-1), bytes.at(bytes.length >> 1)].every(code => String.fromCharCode(code ?? 0) === letter)
  return isWhole ? version : `${bytes.length} bytes of ${sizeOf(key)} that begin with ${JSON.stringify(head)}`
}

const HEAD_LENGTH = 64
function headOf (key: string, version: number): string {
  return `${key} version ${version}`.padEnd(HEAD_LENGTH)
}

function letterOf (key: string, version: number): string {
  return String.fromCharCode(97 + (rankOf(key) * 7 + version) % 26)
}

function rankOf (key: string): number {
  return Number(key.slice(key.lastIndexOf(' ') + 1))
}
