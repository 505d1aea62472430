import type { RepositoryCondition } from '../../reconciler/repositories/repository-status.ts'
import type { TextStyles } from '../../review/problems/problems-text.ts'

/** How the status of the condition Ready is set off. */
export function readyStyle(
  status: RepositoryCondition['status'],
  styles: TextStyles,
): (text: string) => string {
  switch (status) {
    case 'True':
      return styles.fix
    case 'False':
      return styles.error
    case 'Unknown':
      return styles.warning
  }
}
