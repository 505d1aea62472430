/**
 * Server-side apply, decided: what an object becomes when a manager applies fields to it, or whose fields are in the way.
 * Pure. The rules are Kubernetes' (kubernetes.io/docs/reference/using-api/server-side-apply), by structured merge.
 */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toObjectKind } from '../../model/object-id.ts'
import { err, ok, type Result } from '../../model/result.ts'
import { compareValues } from './compare-values.ts'
import {
  differenceOf,
  type FieldSet,
  intersectionOf,
  isEmptySet,
  printFields,
  unionOf,
} from './field-set.ts'
import type { JsonMap, Place } from './field-tree.ts'
import { fieldsOf } from './fields-of.ts'
import { mergeRulesOf } from './merge-rules.ts'
import { mergeValues } from './merge-values.ts'
import { ownedPart, withOwnedPart } from './object-parts.ts'
import {
  type Claim,
  type FieldOwner,
  fieldsOwnedBy,
  fieldsOwnedByOthers,
  isSameOwner,
  readClaims,
  withClaim,
  writeClaims,
} from './ownership.ts'
import { removeFields } from './remove-fields.ts'

export interface FieldConflict {
  readonly owner: FieldOwner
  /** As `.spec.rules`. */
  readonly fields: readonly string[]
}

/** The object after the apply, with its managedFields; or every owner of a field that would change under it. */
export function applyFields(request: {
  /** The object as it is; for a new one, its name and what the cluster sets. */
  readonly live: KubernetesObject
  readonly applied: KubernetesObject
  readonly manager: string
  readonly force: boolean
  /** RFC 3339, written beside a claim that changes. */
  readonly time: string
}): Result<KubernetesObject, readonly FieldConflict[]> {
  const { live, applied, manager, force, time } = request
  const place: Place = { rules: mergeRulesOf(toObjectKind(applied)), path: '' }
  const owner: FieldOwner = { manager, operation: 'Apply' }
  const claims = readClaims(live)
  const [liveOwned, appliedOwned] = [ownedPart(live), ownedPart(applied)]
  const fields: FieldSet = { ...fieldsOf(appliedOwned, place), owned: false }

  const merged = mergeValues(liveOwned, appliedOwned, place)
  const comparison = compareValues(liveOwned, merged, place)
  const moved = unionOf(comparison.changed, comparison.removed)
  const conflicts = conflictsOf(claims, owner, moved)
  if (conflicts.length > 0 && !force) return err(conflicts)

  const keptClaims = giveUp(claims, owner, moved)
  const others = fieldsOwnedByOthers(keptClaims, owner)
  const dropped = differenceOf(differenceOf(fieldsOwnedBy(claims, owner), fields), others)
  const result = removeFields(merged, dropped, unionOf(others, fields), place) as
    | JsonMap
    | undefined
  const next = withOwnedPart(live, result ?? {})
  const claim: Claim = { owner, fields, apiVersion: applied.apiVersion, time }
  return ok(withManagedFields(next, withClaim(keptClaims, claim)))
}

function conflictsOf(
  claims: readonly Claim[],
  owner: FieldOwner,
  moved: FieldSet,
): readonly FieldConflict[] {
  return claims.flatMap((claim) => {
    const clash = intersectionOf(claim.fields, moved)
    if (isSameOwner(claim.owner, owner) || isEmptySet(clash)) return []
    return [{ owner: claim.owner, fields: printFields(clash) }]
  })
}

/** What an update (not an apply) by a manager makes of the claims: it owns what it changed, and nobody what it removed. */
export function updateFields(request: {
  /** Absent for a new object: its creator owns every field. */
  readonly live: KubernetesObject | undefined
  readonly next: KubernetesObject
  readonly owner: FieldOwner
  readonly time: string
}): KubernetesObject {
  const { live, next, owner, time } = request
  const place: Place = { rules: mergeRulesOf(toObjectKind(next)), path: '' }
  const { changed, removed } = compareValues(
    live === undefined ? {} : ownedPart(live),
    ownedPart(next),
    place,
  )
  const claims = readClaims(live)
  const left = giveUp(claims, owner, unionOf(changed, removed)).map((claim) =>
    isSameOwner(claim.owner, owner)
      ? { ...claim, fields: differenceOf(claim.fields, removed) }
      : claim,
  )
  if (isEmptySet(changed)) return withManagedFields(next, left)
  const fields = unionOf(fieldsOwnedBy(left, owner), changed)
  const claim: Claim = { owner, fields, apiVersion: next.apiVersion, time }
  return withManagedFields(next, withClaim(left, claim))
}

/** The others' claims without the fields that moved under them. */
function giveUp(claims: readonly Claim[], owner: FieldOwner, moved: FieldSet): readonly Claim[] {
  return claims.map((claim) =>
    isSameOwner(claim.owner, owner)
      ? claim
      : { ...claim, fields: differenceOf(claim.fields, moved) },
  )
}

function withManagedFields(object: KubernetesObject, claims: readonly Claim[]): KubernetesObject {
  return { ...object, metadata: { ...object.metadata, managedFields: writeClaims(claims) } }
}
