/** Protocols of ports. Case does not matter, as it did not to OSM. */
import { z } from 'zod'
import { nearestName } from '../../../model/nearest-name.ts'
import { shorten } from './names.ts'
import { rule } from './rule.ts'

export function protocolField(protocols: readonly string[]) {
  return z
    .string()
    .check(
      rule((text) => {
        const lower = text.toLowerCase()
        if (protocols.includes(lower)) return undefined
        const nearest = nearestName(lower, protocols)
        return {
          code: 'PLB0314',
          message: `the protocol is ${JSON.stringify(shorten(text))}, and one of ${protocols.join(', ')} is expected`,
          fix: `write ${nearest ?? protocols.join(' or ')}`,
        }
      }),
    )
    .meta({ enum: [...protocols] })
}
