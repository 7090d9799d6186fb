// What runs in a page that a test has opened is typed as little as it needs.

interface PageElement {
  readonly textContent: string
  readonly classList: { contains (name: string): boolean }
  readonly scrollWidth: number
  readonly clientWidth: number
}
declare const document: {
  readonly documentElement: PageElement
  querySelector (selector: string): PageElement | null
  querySelectorAll (selector: string): { readonly length: number }
}
declare const window: object
