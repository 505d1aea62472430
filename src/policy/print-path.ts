import type { DocumentPath } from './document.ts'

/** `spec.backends[1].weight`; keys that are not plain words are quoted: `metadata.labels["a/b"]`. */
export function printPath(path: DocumentPath): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`
      if (!/^[A-Za-z_][\w-]*$/.test(part)) return `[${JSON.stringify(part)}]`
      return index === 0 ? part : `.${part}`
    })
    .join('')
}
