// Memory for encoded values, and for their keys, that is used again and again. A buffer for each value would cost some 300 bytes
// of headers, and what is evicted would wait for the garbage collector, which lets old garbage grow to
// several times what is alive: 64 MiB of values were seen to take 240 MiB of the process.

/** Short values share blocks of this size, each block for slots of one size. */
const BLOCK_BYTES = 64 * 1024
/** Longer ones have buffers of their own: of a block they would waste too much. */
export const MAX_PACKED_BYTES = BLOCK_BYTES / 4
const MIN_SLOT_BYTES = 32
/** Blocks without any value that are kept for the next ones; the others go to the garbage collector. */
const MAX_SPARE_BLOCKS = 16

interface Block {
  readonly memory: Uint8Array
  slotBytes: number
  /** Offsets of slots that were in use and are free. */
  free: number[]
  /** From here on no slot was used yet. */
  unused: number
  used: number
}

/**
 * What `length` bytes take here: the next slot size up, of which there are eight to each doubling, so that
 * at most an eighth of a slot is wasted, and 1/16 on average.
 */
export function slotBytes (length: number): number {
  if (length > MAX_PACKED_BYTES) return length
  if (length <= MIN_SLOT_BYTES) return MIN_SLOT_BYTES
  const step = 2 ** (28 - Math.clz32(length - 1))
  return Math.ceil(length / step) * step
}

const WIDE_LETTER = /[\u0100-\uffff]/

/** Whether a text may be stored here: with one byte a letter, and not too long. */
export function isPackable (text: string): boolean {
  return text.length <= MAX_PACKED_BYTES && !WIDE_LETTER.test(text)
}

export class Arena {
  readonly #maxBlocks: number
  /** By number. An address is the number of its block times the size of blocks, and the offset in it. */
  readonly #blocks: Array<Block | undefined> = []
  readonly #unusedNumbers: number[] = []
  readonly #spare: Uint8Array[] = []
  /** Numbers of the blocks that have room, by slot size. */
  readonly #open = new Map<number, number[]>()

  /** @param maxBytes - what all blocks together may take */
  constructor (maxBytes: number) {
    this.#maxBlocks = Math.floor(maxBytes / BLOCK_BYTES)
  }

  /** Bytes of the blocks that hold values. */
  get bytes (): number {
    return (this.#blocks.length - this.#unusedNumbers.length) * BLOCK_BYTES
  }

  /** Copies a value in. @returns its address, or undefined when it needs a buffer of its own: it is too long or all is full */
  store (bytes: Uint8Array): number | undefined {
    const address = this.#take(bytes.byteLength)
    if (address !== undefined) this.#memoryAt(address).set(bytes, address % BLOCK_BYTES)
    return address
  }

  /** As {@link store}, a byte a letter. @returns undefined also for a text that is not {@link isPackable} */
  storeText (text: string): number | undefined {
    const address = isPackable(text) ? this.#take(text.length) : undefined
    if (address === undefined) return undefined
    const memory = this.#memoryAt(address)
    const offset = address % BLOCK_BYTES
    for (let i = 0; i < text.length; i++) memory[offset + i] = text.charCodeAt(i)
    return address
  }

  text (address: number, length: number): string {
    const { buffer } = this.#memoryAt(address)
    return Buffer.from(buffer, address % BLOCK_BYTES, length).toString('latin1')
  }

  /** Whether as many letters as `text` has, stored at `address`, are `text`. */
  isText (address: number, text: string): boolean {
    const memory = this.#memoryAt(address)
    const offset = address % BLOCK_BYTES
    for (let i = 0; i < text.length; i++) if (memory[offset + i] !== text.charCodeAt(i)) return false
    return true
  }

  /** The value as it lies here. Not to be kept: once it is freed, other values are written over it. */
  view (address: number, length: number): Uint8Array {
    const offset = address % BLOCK_BYTES
    return this.#memoryAt(address).subarray(offset, offset + length)
  }

  #take (length: number): number | undefined {
    if (length > MAX_PACKED_BYTES) return undefined
    const size = slotBytes(length)
    const number = this.#open.get(size)?.at(-1) ?? this.#openBlock(size)
    const block = number === undefined ? undefined : this.#blocks[number]
    if (number === undefined || block === undefined) return undefined
    let offset = block.free.pop()
    if (offset === undefined) {
      offset = block.unused
      block.unused += size
    }
    block.used++
    if (isFull(block)) this.#open.get(size)?.pop()
    return number * BLOCK_BYTES + offset
  }

  free (address: number): void {
    const number = Math.floor(address / BLOCK_BYTES)
    const block = this.#blockOf(address)
    const open = this.#open.get(block.slotBytes) ?? []
    if (isFull(block)) open.push(number)
    block.free.push(address % BLOCK_BYTES)
    if (--block.used > 0) return
    open.splice(open.indexOf(number), 1)
    this.#blocks[number] = undefined
    this.#unusedNumbers.push(number)
    if (this.#spare.length < MAX_SPARE_BLOCKS) this.#spare.push(block.memory)
  }

  #openBlock (size: number): number | undefined {
    if (this.#unusedNumbers.length === 0 && this.#blocks.length >= this.#maxBlocks) return undefined
    const number = this.#unusedNumbers.pop() ?? this.#blocks.length
    this.#blocks[number] = { memory: this.#spare.pop() ?? new Uint8Array(BLOCK_BYTES), slotBytes: size, free: [], unused: 0, used: 0 }
    const open = this.#open.get(size)
    if (open === undefined) this.#open.set(size, [number])
    else open.push(number)
    return number
  }

  #memoryAt (address: number): Uint8Array {
    return this.#blockOf(address).memory
  }

  #blockOf (address: number): Block {
    const block = this.#blocks[Math.floor(address / BLOCK_BYTES)]
    if (block === undefined) throw new RangeError(`nothing is stored at ${address}`)
    return block
  }
}

function isFull (block: Block): boolean {
  return block.free.length === 0 && block.unused + block.slotBytes > BLOCK_BYTES
}
