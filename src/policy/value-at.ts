import type { DocumentPath } from './document.ts'

/** What stands at the path of a plain value; `undefined` where nothing does. */
export function valueAt(value: unknown, path: DocumentPath): unknown {
  return path.reduce<unknown>(
    (parent, part) =>
      typeof parent === 'object' && parent !== null && Object.hasOwn(parent, part)
        ? (parent as Readonly<Record<string | number, unknown>>)[part]
        : undefined,
    value,
  )
}
