/** Service names as authors write them, from `bookstore` to the full DNS name with a port (D7). */
import { err, ok, type Result } from '../../../model/result.ts'
import type { ServiceName } from '../../../model/service-name.ts'
import type { ProblemText } from '../../problem-at.ts'
import { isDnsLabel, shorten } from './names.ts'

const SUFFIXES = ['', 'svc', 'svc.cluster', 'svc.cluster.local']

/** `namespace` stands in where the text names none. A port is accepted and left out, as every mesh does. */
export function parseServiceReference(
  text: string,
  namespace: string,
): Result<ServiceName, ProblemText> {
  const colon = text.indexOf(':')
  const host = colon < 0 ? text : text.slice(0, colon)
  const [name = '', written, ...rest] = host.replace(/\.$/, '').split('.')
  const valid =
    isDnsLabel(name) &&
    (written === undefined || isDnsLabel(written)) &&
    SUFFIXES.includes(rest.join('.')) &&
    (colon < 0 || isPort(text.slice(colon + 1)))
  if (valid) return ok({ namespace: written ?? namespace, name })
  return err({
    code: 'PLB0522',
    message: `${JSON.stringify(shorten(text))} is not the name of a Service: "svc", "svc.namespace" or "svc.namespace.svc.cluster.local" is expected, with an optional ":port"`,
    fix: 'write the name of the Service as kubectl get services prints it',
  })
}

function isPort(text: string): boolean {
  return /^[1-9][0-9]{0,4}$/.test(text) && Number(text) <= 65535
}
