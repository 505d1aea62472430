/** Who owns which fields of an object: metadata.managedFields, read and written. */

import { isDeepStrictEqual } from 'node:util'
import type { KubernetesObject, ManagedFieldsEntry } from '../../model/kubernetes-object.ts'
import {
  type FieldSet,
  fromFieldsV1,
  isEmptySet,
  NO_FIELDS,
  toFieldsV1,
  unionOf,
} from './field-set.ts'

/** One owner: Kubernetes tells apart what a manager applied, what it updated, and what it updated through a subresource. */
export interface FieldOwner {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly subresource?: 'status'
}

export interface Claim {
  readonly owner: FieldOwner
  readonly fields: FieldSet
  readonly apiVersion: string
  readonly time?: string
}

export function readClaims(object: KubernetesObject | undefined): readonly Claim[] {
  return (object?.metadata.managedFields ?? []).map((entry) => ({
    owner: {
      manager: entry.manager,
      operation: entry.operation,
      ...(entry.subresource === 'status' ? { subresource: 'status' as const } : {}),
    },
    fields: fromFieldsV1(entry.fieldsV1),
    apiVersion: entry.apiVersion,
    ...(entry.time === undefined ? {} : { time: entry.time }),
  }))
}

export function writeClaims(claims: readonly Claim[]): readonly ManagedFieldsEntry[] {
  return claims
    .filter((claim) => !isEmptySet(claim.fields))
    .map(({ owner, fields, apiVersion, time }) => ({
      manager: owner.manager,
      operation: owner.operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: toFieldsV1(fields),
      ...(owner.subresource === undefined ? {} : { subresource: owner.subresource }),
    }))
}

export function isSameOwner(a: FieldOwner, b: FieldOwner): boolean {
  return a.manager === b.manager && a.operation === b.operation && a.subresource === b.subresource
}

export function fieldsOwnedBy(claims: readonly Claim[], owner: FieldOwner): FieldSet {
  return claims.find((claim) => isSameOwner(claim.owner, owner))?.fields ?? NO_FIELDS
}

export function fieldsOwnedByOthers(claims: readonly Claim[], owner: FieldOwner): FieldSet {
  return claims
    .filter((claim) => !isSameOwner(claim.owner, owner))
    .reduce((all, claim) => unionOf(all, claim.fields), NO_FIELDS)
}

/** The claims with one replaced. Its time moves only when what it holds does, so that applying twice writes nothing. */
export function withClaim(claims: readonly Claim[], claim: Claim): readonly Claim[] {
  const before = claims.find((held) => isSameOwner(held.owner, claim.owner))
  if (before === undefined) return [...claims, claim]
  const isUnchanged =
    before.apiVersion === claim.apiVersion &&
    isDeepStrictEqual(toFieldsV1(before.fields), toFieldsV1(claim.fields))
  return isUnchanged ? claims : claims.map((held) => (held === before ? claim : held))
}
