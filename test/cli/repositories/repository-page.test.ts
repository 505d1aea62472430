/** All that is known of one repository, as a person reads it. */
import { describe, expect, it } from 'vitest'
import { printRepository } from '../../../src/cli/repositories/repository-page.ts'
import { toRepositoryView } from '../../../src/cli/repositories/repository-view.ts'
import { SUSPEND_REASON } from '../../../src/cli/repositories/suspend-reason.ts'
import type { Instant } from '../../../src/model/clock.ts'
import type { KubernetesObject } from '../../../src/model/kubernetes-object.ts'
import type {
  DriftEntry,
  RepositoryStatus,
} from '../../../src/reconciler/repositories/repository-status.ts'
import { PLAIN_STYLES } from '../../../src/review/problems/problems-text.ts'
import {
  aCondition,
  aMeshRepository,
  anEntry,
  aStatus,
  FIRST,
  SECOND,
} from '../../support/mesh-repositories.ts'

const NOW = Date.parse('2026-01-01T02:00:00Z') as Instant

function page(object: KubernetesObject, width?: number): string {
  return printRepository(toRepositoryView(object), { now: NOW, styles: PLAIN_STYLES, width })
}

function withStatus(
  parts: Partial<RepositoryStatus>,
  spec: Readonly<Record<string, unknown>> = {},
): KubernetesObject {
  return { ...aMeshRepository('mesh', spec), status: aStatus(SECOND, parts) }
}

describe('the page of a repository', () => {
  it('says where each station is, and what came before', () => {
    const history = [anEntry(SECOND), anEntry(FIRST, { subject: 'Begin', author: 'Grace' })]
    expect(page(withStatus({ history }, { path: 'mesh' }))).toBe(
      `mesh  https://git.example.com/mesh.git  main  mesh
ready       True, Enforced: commit 2222222 is enforced
objects     7
proxies     4 of 4 connected

sourced     2222222bbbbb   120m ago
validated   2222222bbbbb   120m ago
applied     2222222bbbbb   120m ago
enforced    2222222bbbbb   120m ago   4 of 4 proxies have ACKed it

    COMMIT         STATE      SOURCED    SUBJECT          AUTHOR
*   2222222bbbbb   enforced   120m ago   subject of 222   Ada
    1111111aaaaa   enforced   120m ago   Begin            Grace
`,
    )
  })

  it('says of a commit that stopped where and why, and what is served in its place', () => {
    const message = '2222222 has 2 problems, 1111111 stays served'
    const conditions = [aCondition({ status: 'False', reason: 'InvalidCommit', message })]
    const error = { code: 'PLB0301', message: 'no such group', location: 'store/access.yaml:3:1' }
    const before = aStatus(FIRST)
    const text = page(
      withStatus({
        conditions,
        validated: { ...before.validated, errors: [error], errorCount: 2 },
        applied: before.applied,
        enforced: { ...before.enforced, touched: 0, acked: 0 },
      }),
    )
    expect(text).toContain(`ready       False, InvalidCommit: ${message}`)
    expect(text).toContain(`sourced     2222222bbbbb   120m ago
validated   1111111aaaaa   120m ago   2 errors
applied     1111111aaaaa   120m ago
enforced    1111111aaaaa   120m ago
  store/access.yaml:3:1  PLB0301  no such group
  ... and 1 more
`)
  })

  it('says what the proxies make of the newest commit beside the one that they enforce', () => {
    const { enforced } = aStatus(FIRST)
    const nacked = { ...enforced, touched: 4, acked: 3, nacked: 1 }
    expect(page(withStatus({ enforced: nacked }))).toMatch(
      /^enforced +1111111aaaaa +120m ago +of 2222222bbbbb: 3 of 4 proxies have ACKed it, 1 NACKed it$/m,
    )
  })

  it('names the drift, who made it, and what it would have meant', () => {
    const drift: DriftEntry = {
      ...{ object: 'TrafficTarget store/buyer', managers: ['kubectl-edit'], fields: ['.spec.a'] },
      ...{ action: 'restored', effect: 'it would have opened a -> b', isFight: false },
      at: '2026-01-01T01:59:00.000Z',
    }
    const gone: DriftEntry = { ...drift, managers: [], fields: [], action: 'recreated', effect: '' }
    expect(page(withStatus({ drift: { total: 3, last: [drift, gone] } }))).toContain(
      `drift       the last 2 of 3; none of it reached a proxy
  60s ago    TrafficTarget store/buyer: .spec.a changed by kubectl-edit; put back
             it would have opened a -> b
  60s ago    TrafficTarget store/buyer: deleted; created again
`,
    )
  })

  it('shows a pin with its end and its reason', () => {
    const pin = { commit: FIRST, insteadOf: SECOND, reason: 'error rate' }
    const until = { ...pin, expiresAt: '2026-01-01T04:00:00.000Z' }
    const shown = (spec: object, overBecause?: 'NewCommit' | 'Expired') =>
      page(
        withStatus(
          { pin: { ...pin, state: 'Holds', ...(overBecause && { state: 'Over', overBecause }) } },
          { pin: spec },
        ),
      )
    expect(shown(until)).toContain(
      `pinned      1111111aaaaa in place of 2222222bbbbb (error rate)
            until the next commit on main, or 2026-01-01T04:00:00.000Z (in 120m)\n`,
    )
    expect(shown(pin)).toContain('until the next commit on main\n')
    expect(shown(pin, 'NewCommit')).toContain('over: main names another commit since')
    expect(shown(pin, 'Expired')).toContain('over: it has expired')
  })

  it('says that it is suspended, and why', () => {
    const object = aMeshRepository('mesh', { suspend: true })
    const annotations = { [SUSPEND_REASON]: 'the network is rebuilt' }
    expect(page({ ...object, metadata: { ...object.metadata, annotations } })).toContain(
      'suspended   the network is rebuilt\n',
    )
    expect(page(object)).toContain('suspended   no reason was given\n')
  })

  it('says when the status is older than the spec, or there is none', () => {
    const object = withStatus({})
    const edited = { ...object, metadata: { ...object.metadata, generation: 2 } }
    expect(page(edited)).toContain('the spec has been changed since, and nobody has looked at it')
    expect(page(object)).not.toContain('changed since')
    expect(page(aMeshRepository())).toContain('ready       Unknown: no control plane has looked')
    expect(page({ ...aMeshRepository(), status: { phase: 'Ready' } })).toContain('Unknown')
  })

  it('cuts subjects, and nothing else, to the width of the terminal', () => {
    const subject = 'a very long subject that goes on and on until nobody reads it any more'
    const text = page(withStatus({ history: [anEntry(SECOND, { subject })] }), 80)
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBe(80)
    expect(text).toMatch(/a very long subject .*… {3}Ada$/m)
  })

  it('lets no text of others steer the terminal', () => {
    const subject = 'harmless\u001b[2K\u202e'
    expect(page(withStatus({ history: [anEntry(SECOND, { subject })] }))).toContain(
      'harmless\\u{1b}[2K\\u{202e}',
    )
  })
})
