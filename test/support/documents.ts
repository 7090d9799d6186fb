// The Markdown documents of the project, their code blocks, headings and links.

import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../', import.meta.url))

export interface CodeBlock {
  /** What stands behind the three backticks. */
  language: string
  code: string
  /** Of its first line of code, counted from 1. */
  line: number
  /** The heading that it stands under. */
  heading: string
}

/** Paths below the root of the project. */
export function documents (): string[] {
  const below = (folder: string): string[] => readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter(path => path.endsWith('.md') && !path.includes('node_modules')).map(path => `${folder}/${path}`)
  return [...readdirSync(ROOT).filter(name => name.endsWith('.md')), ...below('docs'), ...below('examples'), ...below('bench')].sort()
}

export function readDocument (path: string): string {
  return readFileSync(`${ROOT}${path}`, 'utf8')
}

export function codeBlocks (markdown: string): CodeBlock[] {
  const blocks: CodeBlock[] = []
  let heading = ''
  let open: CodeBlock | undefined
  for (const [i, line] of markdown.split('\n').entries()) {
    const fence = /^```(\S*)/.exec(line)
    if (fence !== null && open === undefined) open = { language: fence[1] ?? '', code: '', line: i + 2, heading }
    else if (fence !== null && open !== undefined) {
      blocks.push(open)
      open = undefined
    } else if (open !== undefined) open.code += `${line}\n`
    else heading = /^#+ (.*)/.exec(line)?.[1] ?? heading
  }
  if (open !== undefined) throw new Error(`the code block at line ${open.line} has no end`)
  return blocks
}

/** The text without what is in code blocks and between backticks. */
export function prose (markdown: string): string {
  return markdown.replace(/^```[^]*?^```/gm, '').replace(/`[^`\n]*`/g, '')
}

/** The anchors of its headings, as code hosts make them. */
export function anchors (markdown: string): string[] {
  const seen = new Map<string, number>()
  return [...markdown.replace(/^```[^]*?^```/gm, '').matchAll(/^#+ +(.*)$/gm)].map(([, heading = '']) => {
    const anchor = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').trim().toLowerCase().replace(/[^\p{L}\p{N}\p{M} _-]/gu, '').replaceAll(' ', '-')
    const times = seen.get(anchor) ?? 0
    seen.set(anchor, times + 1)
    return times === 0 ? anchor : `${anchor}-${times}`
  })
}
