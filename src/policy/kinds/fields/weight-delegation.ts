/**
 * Annotations by which a TrafficSplit hands its weights to a controller. They are written in the repository, where they are
 * reviewed, and read again from the object that is applied.
 */
import { byCodeUnit } from '../../../model/by-code-unit.ts'
import { nearestName } from '../../../model/nearest-name.ts'
import { type ServiceName, toServiceKey } from '../../../model/service-name.ts'
import type {
  SplitBackend,
  WeightBound,
  WeightDelegation,
} from '../../intent/traffic-split-intent.ts'
import type { ProblemText } from '../../problem-at.ts'
import { shorten } from './names.ts'
import { parseServiceReference } from './service-reference.ts'
import { toSmallestWeights } from './weight.ts'

/** The field manager that may set the weights. */
export const DELEGATE_WEIGHTS = 'plumbline.dev/delegate-weights'
/** `web-v2=0..50,web-v1=50..100`: percent of the total; a backend that is not named has 0..100. */
export const WEIGHT_BOUNDS = 'plumbline.dev/weight-bounds'
/** Written by Plumbline beside the two: the weights that the controller began from. Another text there, and the commit's weights hold. */
export const DECLARED_WEIGHTS = 'plumbline.dev/declared-weights'

/** Ours: what it writes is the commit's. */
const OWN_MANAGER = 'plumbline'
/** As the API server limits and prints them. */
const MANAGER = /^[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/
const BOUND = /^(\S+?)\s*=\s*(\d{1,9})\s*\.\.\s*(\d{1,9})$/

type Annotations = Readonly<Record<string, string>>
export type Weighted = Pick<SplitBackend, 'service' | 'weight'>

export interface DelegationMistake {
  readonly annotation: typeof DELEGATE_WEIGHTS | typeof WEIGHT_BOUNDS
  readonly text: ProblemText
}

export interface ReadDelegation {
  /** Absent where nothing is handed over, or where there are mistakes. */
  readonly delegation?: WeightDelegation
  readonly mistakes: readonly DelegationMistake[]
}

export function readDelegation(
  annotations: Annotations,
  backends: readonly Weighted[],
): ReadDelegation {
  const manager = annotations[DELEGATE_WEIGHTS]
  const written = annotations[WEIGHT_BOUNDS]
  if (manager === undefined)
    return { mistakes: written === undefined ? [] : [mistake(WEIGHT_BOUNDS, nobody())] }
  const ofManager = judgeManager(manager).map((text) => mistake(DELEGATE_WEIGHTS, text))
  const { bounds, texts } = readBounds(written ?? '', backends)
  const wrong = texts.length > 0 ? texts : judgeBounds(bounds, backends)
  const mistakes = [...ofManager, ...wrong.map((text) => mistake(WEIGHT_BOUNDS, text))]
  return mistakes.length > 0 ? { mistakes } : { delegation: { manager, bounds }, mistakes }
}

/** Normalised and sorted, so that only other shares are another text. */
export function printDeclaredWeights(backends: readonly Weighted[]): string {
  const weights = toSmallestWeights(backends.map(({ weight }) => weight))
  return backends
    .map(({ service }, index) => `${service.name}=${weights[index]}`)
    .sort(byCodeUnit)
    .join(',')
}

/** What is wrong with a backend's part of the total, if anything. */
export function boundBroken(
  { service, lower, upper }: WeightBound,
  weight: number,
  total: number,
): string | undefined {
  // In whole numbers: a third is neither 33 nor 34 percent.
  if (weight * 100 >= lower * total && weight * 100 <= upper * total) return undefined
  const percent = Math.round((weight * 1_000) / total) / 10
  return `${service.name} has ${percent} % of the weight, and its bounds are ${lower}..${upper} %`
}

function mistake(
  annotation: DelegationMistake['annotation'],
  text: ProblemText,
): DelegationMistake {
  return { annotation, text }
}

function nobody(): ProblemText {
  return {
    code: 'PLB0525',
    message: `${WEIGHT_BOUNDS} bounds nobody: there is no ${DELEGATE_WEIGHTS} beside it`,
    fix: `add ${DELEGATE_WEIGHTS} with the field manager of the controller, or remove the bounds`,
  }
}

function judgeManager(manager: string): readonly ProblemText[] {
  if (manager === OWN_MANAGER)
    return [
      {
        code: 'PLB0525',
        message: `${DELEGATE_WEIGHTS} is ${OWN_MANAGER}, which sets what the repository says`,
        fix: 'write the field manager of the controller, or remove the annotation',
      },
    ]
  if (MANAGER.test(manager)) return []
  return [
    {
      code: 'PLB0525',
      message: `${DELEGATE_WEIGHTS} is ${JSON.stringify(shorten(manager))}, and the name of a field manager is expected: 1 to 128 printable characters`,
      fix: 'write the field manager of the controller, as in flagger; kubectl get --show-managed-fields shows it',
    },
  ]
}

/** One bound a backend, in the order of the backends. */
function readBounds(
  written: string,
  backends: readonly Weighted[],
): { readonly bounds: readonly WeightBound[]; readonly texts: readonly ProblemText[] } {
  const texts: ProblemText[] = []
  const named = new Map<string, readonly [lower: number, upper: number]>()
  for (const part of written.split(',').map((text) => text.trim())) {
    if (part === '' && written.trim() === '') continue
    const [, service = '', lower = '', upper = ''] = BOUND.exec(part) ?? []
    if (service === '') texts.push(notABound(part))
    else {
      const backend = findBackend(service, backends)
      if (backend === undefined) texts.push(noBackend(service, backends))
      else if (named.has(toServiceKey(backend))) texts.push(namedTwice(backend))
      else named.set(toServiceKey(backend), [Number(lower), Number(upper)])
    }
  }
  const bounds = backends.map(({ service }) => {
    const [lower, upper] = named.get(toServiceKey(service)) ?? [0, 100]
    return { service, lower, upper }
  })
  return { bounds, texts }
}

/** D7. */
function findBackend(text: string, backends: readonly Weighted[]): ServiceName | undefined {
  const parsed = parseServiceReference(text, backends[0]?.service.namespace ?? '')
  if (!parsed.ok) return undefined
  const key = toServiceKey(parsed.value)
  return backends.find(({ service }) => toServiceKey(service) === key)?.service
}

function notABound(part: string): ProblemText {
  return {
    code: 'PLB0525',
    message: `${JSON.stringify(shorten(part))} is not a bound: SERVICE=LOWER..UPPER is expected, in whole percent of the total`,
    fix: 'write it as in web-v2=0..50, with commas between bounds',
  }
}

function noBackend(service: string, backends: readonly Weighted[]): ProblemText {
  const names = backends.map((backend) => backend.service.name)
  const nearest = nearestName(service, names)
  return {
    code: 'PLB0526',
    message: `${shorten(service)} is not among the backends ${names.join(', ')}`,
    fix: nearest === undefined ? 'name a backend of this split' : `write ${nearest}`,
  }
}

function namedTwice({ name }: ServiceName): ProblemText {
  return {
    code: 'PLB0526',
    message: `${name} is bounded twice`,
    fix: 'bound it once',
  }
}

function judgeBounds(
  bounds: readonly WeightBound[],
  backends: readonly Weighted[],
): readonly ProblemText[] {
  const wrong = bounds.filter(({ lower, upper }) => lower > upper || upper > 100)
  if (wrong.length > 0) return wrong.map(noRange)
  const [least, most] = [sumOf(bounds, 'lower'), sumOf(bounds, 'upper')]
  if (least > 100 || most < 100) return [noSum(least, most)]
  const total = backends.reduce((sum, { weight }) => sum + weight, 0)
  // Weights that total 0 are a problem of their own.
  if (total === 0) return []
  return bounds.flatMap((bound, index) => {
    const broken = boundBroken(bound, backends[index]?.weight ?? 0, total)
    return broken === undefined ? [] : [declaredOutside(broken)]
  })
}

function sumOf(bounds: readonly WeightBound[], side: 'lower' | 'upper'): number {
  return bounds.reduce((sum, bound) => sum + bound[side], 0)
}

function noRange({ service, lower, upper }: WeightBound): ProblemText {
  const range = `${lower}..${upper}`
  return {
    code: 'PLB0527',
    message: `the bounds of ${service.name} are ${range}, and percentages from 0 to 100 are expected, the lower one first`,
    fix: lower > upper && lower <= 100 ? `write ${upper}..${lower}` : 'write bounds within 0..100',
  }
}

function noSum(least: number, most: number): ProblemText {
  return {
    code: 'PLB0527',
    message:
      least > 100
        ? `no weights meet these bounds: the lower ones total ${least} %`
        : `no weights meet these bounds: the upper ones total ${most} %`,
    fix:
      least > 100
        ? 'lower the lower bounds until they total at most 100'
        : 'raise the upper bounds until they total at least 100; a backend that is not named may have all',
  }
}

function declaredOutside(broken: string): ProblemText {
  return {
    code: 'PLB0528',
    message: `${broken}: these are the weights that the controller begins from, and is put back to`,
    fix: 'declare weights within the bounds, or widen the bounds',
  }
}
