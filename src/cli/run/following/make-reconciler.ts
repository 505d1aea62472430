/** The reconciler of one repository, with everything that it reads from and writes to. */
import { checkAccess } from '../../../policy/access/check-access.ts'
import { PolicyCompiler } from '../../../policy/policy-compiler.ts'
import { READING_LIMITS } from '../../../policy/yaml/reading-limits.ts'
import type { Cluster } from '../../../reconciler/cluster.ts'
import { reopeningGitSource } from '../../../reconciler/git-source-reopening.ts'
import { Reconciler, type ReconcilerOptions } from '../../../reconciler/reconcile.ts'
import type { RepositorySpec } from '../../../reconciler/repositories/repository-spec.ts'
import { scopeProblems } from '../../../reconciler/repositories/scope-problems.ts'
import { CONTROL_NAMESPACE } from '../serving/control-plane-identity.ts'
import type { Shell } from '../shell.ts'
import { openGit } from './open-git.ts'
import type { RepositoryContext } from './repository-context.ts'

const MAX_TREE_ENTRIES = 1_000_000

export interface RepositoryReconciler {
  readonly reconciler: Reconciler
  readonly compiler: PolicyCompiler
  /** Where its objects are written, with the rights it has. */
  readonly objects: Cluster
}

/** `spec` answers with the repository as it is asked for now; where it is read from, and as whom it writes, stay as they are. */
export function makeReconciler(
  context: RepositoryContext,
  shell: Shell,
  spec: () => RepositorySpec,
  handlers: Pick<ReconcilerOptions, 'onIntent' | 'onProgress'>,
): RepositoryReconciler {
  const { name, ref, path, serviceAccount } = spec()
  const objects = writerOf(context, serviceAccount)
  const compiler = new PolicyCompiler()
  const { maxTotalBytes } = READING_LIMITS
  const reconciler = new Reconciler({
    ...{ ...shell, ...handlers, ref, path, compiler, live: context.live },
    git: reopeningGitSource(async () => await openGit({ ...context, shell }, spec())),
    // A file that is too large is a problem with a place, so the limit here is the commit's.
    limits: { maxFiles: MAX_TREE_ENTRIES, maxFileBytes: maxTotalBytes, maxTotalBytes },
    verify: (intent) => [
      ...scopeProblems(intent, spec()),
      ...checkAccess(intent, context.compiler),
    ],
    ...{ cluster: objects, home: context.cluster },
    ...{ repository: name, controlNamespace: CONTROL_NAMESPACE },
    ...{ ownership: context.ownership, settings: spec },
  })
  return { reconciler, compiler, objects }
}

/** Throws a TypeError where there are no accounts: a spec that names one is refused before it comes here. */
function writerOf({ cluster, as }: RepositoryContext, name: string | undefined): Cluster {
  if (name === undefined) return cluster
  if (as === undefined) throw new TypeError('this cluster has no service accounts')
  return as({ namespace: CONTROL_NAMESPACE, name })
}
