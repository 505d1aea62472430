/** The main job, step by step: what is allowed and denied, a commit that changes it, and what cannot change it. */
import type { CommitSha } from '../../model/commit-sha.ts'
import { breakRoutes, letBookthiefIn, misspellMatch, sendEverybodyToV2 } from './changes.ts'
import { editInCluster } from './cluster-edit.ts'
import { bookstoreExpectations, type Expectation, toPodRequest, toRow } from './expectation.ts'
import { recover } from './recover.ts'
import type { CommitReport, Row, StepReport } from './report.ts'
import type { ScenarioTools } from './scenario-tools.ts'
import { SHARE_REQUESTS, toShareRow } from './split-share.ts'
import { toCommitReport } from './to-commit-report.ts'

const ACCESS = 'bookstore/access.yaml'
const ROUTES = 'bookstore/routes.yaml'
const SPLIT = 'bookstore/split.yaml'

const SETTLE_MS = 30_000

/** Yields each step as it ends. `first` is the commit that the control plane started with. */
export async function* runScenario(
  tools: ScenarioTools,
  first: CommitSha,
): AsyncGenerator<StepReport> {
  const { repository } = tools
  const closed = async () => await ask(tools, bookstoreExpectations('refused'), 50)

  yield await step('1. The first commit governs real traffic', {
    rows: await closed(),
    commit: await settled(tools, first, undefined),
  })

  const opened = await commit(tools, async () =>
    repository.change('Let bookthief in; send everybody to bookstore v2', {
      [ACCESS]: letBookthiefIn(await repository.read(ACCESS)),
      [SPLIT]: sendEverybodyToV2(await repository.read(SPLIT)),
    }),
  )
  yield await step('2. A commit lets bookthief in and moves the split to 0/100', {
    commit: opened,
    rows: await ask(tools, bookstoreExpectations(200), 100),
  })

  const reverted = await commit(tools, () =>
    repository.restore(first, 'Revert: keep bookthief out'),
  )
  yield await step('3. A revert closes it again', { commit: reverted, rows: await closed() })

  const broken = await commit(tools, async () =>
    repository.change('Tidy the routes', {
      [ROUTES]: breakRoutes(await repository.read(ROUTES)),
      [ACCESS]: misspellMatch(await repository.read(ACCESS)),
    }),
  )
  yield await step('4. A broken commit changes nothing', {
    commit: broken,
    rows: await closed(),
    refused: true,
  })

  const mended = await commit(tools, () => repository.restore(first, 'Mend the routes'))
  yield await step('5. The next good commit is taken', { commit: mended, rows: [] })

  const edit = await editInCluster(tools)
  yield await step('6. An edit in the cluster reaches no Envoy and is put back', {
    rows: [...edit.duringEdit, edit.putBack, ...(await closed())],
  })

  await tools.controlPlane.kill()
  const whileDown = await closed()
  yield await step(
    '7. The control plane is killed: Envoys keep serving, and it comes back by itself',
    {
      rows: [...whileDown, await recover(tools)],
    },
  )

  const after = await commit(tools, async () =>
    repository.change('Let bookthief in, again', {
      [ACCESS]: letBookthiefIn(await repository.read(ACCESS)),
    }),
  )
  yield await step('8. The restarted control plane enforces the next commit', {
    commit: after,
    rows: await ask(tools, bookstoreExpectations(200), 50),
  })
}

interface StepContent {
  readonly commit?: CommitReport
  readonly rows: readonly Row[]
  /** The commit is wrong and must have been refused. */
  readonly refused?: boolean
}

async function step(name: string, content: StepContent): Promise<StepReport> {
  const { commit: report, rows, refused = false } = content
  const wanted = refused ? 'stalled' : 'enforced'
  const ok = rows.every((row) => row.ok) && (report === undefined || report.state === wanted)
  return { name, rows, ok, ...(report && { commit: report }) }
}

/** Commits, asks the control plane to look, and waits for the last ACK or for the refusal. */
async function commit(tools: ScenarioTools, make: () => Promise<CommitSha>): Promise<CommitReport> {
  const sha = await make()
  const committedAt = tools.clock.monotonic()
  await tools.client.reconcile(tools.signal)
  return await settled(tools, sha, committedAt)
}

async function settled(
  { client, clock, signal }: ScenarioTools,
  sha: CommitSha,
  committedAt: number | undefined,
): Promise<CommitReport> {
  const record = await client.commit(sha, SETTLE_MS, signal)
  const elapsed = committedAt === undefined ? undefined : clock.monotonic() - committedAt
  return toCommitReport(record, elapsed)
}

async function ask(
  { lab }: ScenarioTools,
  expectations: readonly Expectation[],
  shareOfV2: number,
): Promise<readonly Row[]> {
  const rows = await Promise.all(
    expectations.map(async (expectation) =>
      toRow(expectation, await lab.request(expectation.from, toPodRequest(expectation))),
    ),
  )
  const share = { to: 'bookstore/bookstore', method: 'GET', path: '/books-bought' } as const
  const outcomes = await Promise.all(
    Array.from({ length: SHARE_REQUESTS }, () =>
      lab.request('bookbuyer/bookbuyer', toPodRequest({ from: 'bookbuyer/bookbuyer', ...share })),
    ),
  )
  return [...rows, toShareRow(outcomes, shareOfV2)]
}
