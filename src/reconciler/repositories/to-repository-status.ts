/** The status of a MeshRepository from all that is known of it. Pure, and the same for the same: nothing moves by itself. */
import { printObjectId } from '../../model/object-id.ts'
import type { DriftReport } from '../drift/drift-report.ts'
import { judgeRepository } from './judge-repository.ts'
import type { PinState } from './pin-state.ts'
import { printDriftEffect } from './print-drift-effect.ts'
import type { RepositoryState } from './repository-state.ts'
import type {
  DriftEntry,
  PinStatus,
  RepositoryCondition,
  RepositoryStatus,
} from './repository-status.ts'
import { stationStatuses } from './station-statuses.ts'
import { statusHistory } from './status-history.ts'
import { cutText, shortSha, toTimestamp } from './status-text.ts'
import { targetOf } from './target-commit.ts'
import { toConditions } from './to-conditions.ts'

const LISTED_DRIFTS = 5
const LISTED_FIELDS = 5
/** Of the annotation that asks for a pass, which is repeated letter by letter: whoever asked compares. */
const LONGEST_REQUEST = 256

/** `previous` is the status as it is stored: what this process has not seen is kept from it. */
export function toRepositoryStatus(
  state: RepositoryState,
  previous: RepositoryStatus | undefined,
): RepositoryStatus {
  const { generation, objects, proxies, driftTotal } = state
  const commit = targetOf(state).commit ?? previous?.commit
  const history = statusHistory(state.records, previous?.history ?? [])
  const subject = history.find((entry) => entry.commit === commit)?.subject
  const inventory = objects === undefined ? previous?.inventory : { objects }
  const handled = state.handledReconcileAt ?? previous?.lastHandledReconcileAt
  const pin = toPinStatus(state.pin)
  return {
    observedGeneration: generation,
    conditions: conditionsOf(state, previous),
    ...(commit !== undefined && { commit, commitShort: shortSha(commit) }),
    ...(subject !== undefined && { subject }),
    ...stationStatuses(state, previous),
    history,
    ...(inventory && { inventory }),
    proxies: { known: proxies.known, connected: proxies.connected },
    ...(pin && { pin }),
    drift: { total: driftTotal, last: lastDrifts(state.drifts, previous?.drift.last ?? []) },
    ...(handled !== undefined && { lastHandledReconcileAt: handled.slice(0, LONGEST_REQUEST) }),
  }
}

function conditionsOf(
  state: RepositoryState,
  previous: RepositoryStatus | undefined,
): readonly RepositoryCondition[] {
  if (previous !== undefined && isUnseen(state, previous)) return previous.conditions
  return toConditions(judgeRepository(state), {
    generation: state.generation,
    now: toTimestamp(state.now),
    previous: previous?.conditions ?? [],
  })
}

/** A process that has just started knows less than the one before it wrote down. */
function isUnseen(state: RepositoryState, previous: RepositoryStatus): boolean {
  const { spec, outcome, records, generation } = state
  if (spec.type === 'refused' || spec.spec.suspend) return false
  const isNew = outcome === undefined && records.length === 0
  return isNew && previous.observedGeneration === generation && previous.conditions.length > 0
}

function toPinStatus(pin: PinState): PinStatus | undefined {
  if (pin.type === 'none') return undefined
  const { commit, insteadOf, reason, expiresAt } = pin.pin
  return {
    ...{ state: pin.type === 'holds' ? 'Holds' : 'Over', commit, insteadOf },
    ...(reason !== '' && { reason: cutText(reason, 200) }),
    ...(expiresAt !== undefined && { expiresAt: toTimestamp(expiresAt) }),
    ...(pin.type === 'over' && {
      overBecause: pin.because === 'expired' ? 'Expired' : 'NewCommit',
    }),
  }
}

function lastDrifts(
  reports: readonly DriftReport[],
  previous: readonly DriftEntry[],
): readonly DriftEntry[] {
  const current = reports.slice(-LISTED_DRIFTS).map(toDriftEntry).toReversed()
  const oldest = current.at(-1)?.at
  const earlier = previous.filter(({ at }) => oldest === undefined || at < oldest)
  return [...current, ...earlier].slice(0, LISTED_DRIFTS)
}

function toDriftEntry(report: DriftReport): DriftEntry {
  const { object, managers, fields, action, isFight, at, effect } = report
  return {
    object: cutText(printObjectId(object), 300),
    managers: managers.slice(0, LISTED_FIELDS).map((manager) => cutText(manager, 80)),
    fields: fields.slice(0, LISTED_FIELDS).map((field) => cutText(field, 120)),
    ...{ action, isFight, effect: printDriftEffect(effect), at: toTimestamp(at) },
  }
}
