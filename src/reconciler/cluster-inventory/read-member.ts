/** Narrows what an object holds: a member of the wrong type reads as absent, so that no odd object can stop the watch. */

export function mapAt(value: unknown, name: string): Readonly<Record<string, unknown>> {
  const member = memberAt(value, name)
  return typeof member === 'object' && member !== null && !Array.isArray(member)
    ? (member as Readonly<Record<string, unknown>>)
    : {}
}

export function listAt(value: unknown, name: string): readonly unknown[] {
  const member = memberAt(value, name)
  return Array.isArray(member) ? member : []
}

export function textAt(value: unknown, name: string): string | undefined {
  const member = memberAt(value, name)
  return typeof member === 'string' ? member : undefined
}

export function numberAt(value: unknown, name: string): number | undefined {
  const member = memberAt(value, name)
  return typeof member === 'number' ? member : undefined
}

export function booleanAt(value: unknown, name: string): boolean | undefined {
  const member = memberAt(value, name)
  return typeof member === 'boolean' ? member : undefined
}

/** The members that are strings. */
export function textsAt(value: unknown, name: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(mapAt(value, name)).filter(
      (entry): entry is [string, string] => typeof entry[1] === 'string',
    ),
  )
}

function memberAt(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}
