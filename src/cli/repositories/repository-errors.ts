import type { StatusError } from '../../reconciler/repositories/repository-status.ts'
import type { RepositoryView } from './repository-view.ts'

export interface RepositoryErrors {
  readonly listed: readonly StatusError[]
  /** How many there are beside those that the status lists. */
  readonly more: number
}

/** What stopped the commit, at whichever station, without what the condition Ready says in the same words. */
export function repositoryErrors({ status, ready }: RepositoryView): RepositoryErrors {
  const { sourced, validated, applied, enforced } = status
  const stations = [sourced, validated, applied, enforced]
  return {
    listed: stations
      .flatMap(({ errors }) => errors)
      .filter(({ message }) => !ready.message.includes(message)),
    more: stations.reduce((sum, { errors, errorCount }) => sum + errorCount - errors.length, 0),
  }
}
