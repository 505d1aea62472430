/** The destination port that TrafficTarget had before v1alpha3, and the annotation that carries it since (D22). */
import { z } from 'zod'
import type { Problem } from '../../../model/problem.ts'
import type { ProblemText } from '../../problem-at.ts'
import type { Declaration } from '../kind-definition.ts'
import { shorten } from './names.ts'
import { rule } from './rule.ts'

export const DESTINATION_PORT = 'plumbline.dev/destination-port'

/** A number or a string of digits: SMI's own examples have both. */
export const destinationPortField = z
  .unknown()
  .check(rule(judgePort))
  .meta({
    anyOf: [
      { type: 'integer', minimum: 1, maximum: 65535 },
      { type: 'string', pattern: '^[0-9]+$' },
    ],
  })

function judgePort(value: unknown): ProblemText | undefined {
  if (value === undefined || parsePort(String(value)) !== undefined) return undefined
  return {
    code: 'PLB0508',
    message: `${shorten(JSON.stringify(value))} is not a port: a number from 1 to 65535 is expected`,
    fix: 'write a number, or remove the port to open all of them',
  }
}

function parsePort(text: string): number | undefined {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0
  return port >= 1 && port <= 65535 ? port : undefined
}

export function readDestinationPort(declaration: Declaration): {
  readonly port: number | undefined
  readonly problems: readonly Problem[]
} {
  const { annotations, place, writtenVersion } = declaration
  const text = annotations[DESTINATION_PORT]
  if (text === undefined) return { port: undefined, problems: [] }
  const port = parsePort(text)
  const path = ['metadata', 'annotations', DESTINATION_PORT]
  const mistake = judgePort(text)
  if (mistake !== undefined) return { port, problems: [place.problem(path, mistake)] }
  if (writtenVersion === declaration.id.version) return { port, problems: [] }
  const warning = place.problem(['spec', 'destination', 'port'], {
    code: 'PLB0506',
    message: `the grant covers port ${text} only; v1alpha3 has no field for that, so the object is applied with the annotation ${DESTINATION_PORT}`,
    fix: 'use v1alpha3 with that annotation, or remove the port to open all of them',
  })
  return { port, problems: [warning] }
}
