/** Several repositories in one cluster: what each may do, and what none may do to another. */
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { Leading } from '../../../../src/cli/run/cluster/leading.ts'
import type { Cluster } from '../../../../src/reconciler/cluster.ts'
import { repositoryOf } from '../../../../src/reconciler/owner-mark.ts'
import { idOf } from '../../../support/cluster-objects.ts'
import { CONTROL_NAMESPACE } from '../../../support/control-cluster.ts'
import { anEmbeddedCluster } from '../../../support/embedded-cluster.ts'
import { FollowingReplica } from '../../../support/following-replica.ts'
import { GitRepository } from '../../../support/git-repository.ts'
import { aTrafficTarget } from '../../../support/policy-objects.ts'
import { BOOKSTORE_FILES, grantFile } from '../../../support/policy-yaml.ts'

const BUYER = idOf(aTrafficTarget('bookbuyer'))
const BANK = {
  'bank.yaml': `apiVersion: v1
kind: Namespace
metadata:
  name: bank
  labels: { openservicemesh.io/monitored-by: osm }
`,
}

const SHOP = { 'shop.yaml': BANK['bank.yaml'].replaceAll('bank', 'shop') }

function aRepository(): GitRepository {
  const repository = new GitRepository()
  onTestFinished(() => repository.remove())
  return repository
}

async function aCluster(): Promise<Cluster> {
  return await anEmbeddedCluster({ namespaces: ['default', CONTROL_NAMESPACE] })
}

async function ownerOf(cluster: Cluster, id = BUYER) {
  const object = await cluster.get(id)
  return object && { uid: object.metadata.uid, repository: repositoryOf(object) }
}

describe('two repositories', () => {
  it('are applied and served side by side', async () => {
    const [one, two] = [aRepository(), aRepository()]
    const replica = await FollowingReplica.start(await aCluster())
    const [books, bank] = [one.commit(BOOKSTORE_FILES), two.commit(BANK)]
    await replica.ask(
      { name: 'books', url: one.work, namespaces: ['bookstore'] },
      { name: 'bank', url: two.work, namespaces: ['bank'] },
    )
    await replica.untilSynced('books', books)
    await replica.untilSynced('bank', bank)
    expect([...(replica.mesh.mesh?.namespaces.keys() ?? [])].sort()).toEqual(['bank', 'bookstore'])
    expect([...replica.mesh.served]).toEqual([
      ['bank', bank],
      ['books', books],
    ])
  })

  it('leave each other alone when one is followed no more, and its objects stay', async () => {
    const [one, two] = [aRepository(), aRepository()]
    const cluster = await aCluster()
    const replica = await FollowingReplica.start(cluster)
    const [books, bank] = [one.commit(BOOKSTORE_FILES), two.commit(BANK)]
    const asked = { name: 'bank', url: two.work, namespaces: ['bank'] }
    await replica.ask({ name: 'books', url: one.work, namespaces: ['bookstore'] }, asked)
    await replica.untilSynced('books', books)
    await replica.untilSynced('bank', bank)
    await replica.ask(asked)
    expect(replica.repositories.state('books')).toBeUndefined()
    expect(replica.forgotten).toEqual(['books'])
    expect([...replica.mesh.served.keys()]).toEqual(['bank'])
    expect(await ownerOf(cluster)).toMatchObject({ repository: 'books' })
  })

  it('touch nothing outside the namespaces that each has', async () => {
    const repository = aRepository()
    repository.commit({ ...BOOKSTORE_FILES, ...BANK })
    const cluster = await aCluster()
    const replica = await FollowingReplica.start(cluster)
    await replica.ask({ name: 'books', url: repository.work, namespaces: ['bookstore'] })
    const { outcome } = await replica.until('books', (state) => state.outcome !== undefined)
    expect(outcome).toMatchObject({ type: 'stalled', problems: [{ code: 'PLB0306' }] })
    expect(await cluster.get(BUYER)).toBeUndefined()
  })

  it.each(['to', 'from'])(
    'hand an object over without its ever being away, whichever is looked at first (%s)',
    async (first) => {
      const [from, to] = [aRepository(), aRepository()]
      const begun = [from.commit({ ...BOOKSTORE_FILES, ...SHOP }), to.commit(BANK)]
      const cluster = await aCluster()
      const replica = await FollowingReplica.start(cluster)
      await replica.ask({ name: 'from', url: from.work }, { name: 'to', url: to.work })
      await replica.untilSynced('from', begun[0] ?? '')
      await replica.untilSynced('to', begun[1] ?? '')
      const before = await ownerOf(cluster)
      expect(before?.repository).toBe('from')
      const gone = Object.keys(BOOKSTORE_FILES).map((file) => [file, null])
      const given = from.commit(Object.fromEntries(gone))
      const taken = to.commit(BOOKSTORE_FILES)
      replica.repositories.request('test', first)
      const seen = first === 'to' ? taken : given
      await replica.until(
        first,
        ({ records, outcome }) => records.at(-1)?.commit === seen && outcome !== undefined,
      )
      replica.repositories.request('test', first === 'to' ? 'from' : 'to')
      await replica.untilSynced('to', taken)
      await replica.untilSynced('from', given)
      expect(await ownerOf(cluster)).toEqual({ uid: before?.uid, repository: 'to' })
    },
  )

  it('wait for those that they depend on', async () => {
    const [base, team] = [aRepository(), aRepository()]
    base.commit({ 'broken.yaml': 'kind: [' })
    const bank = team.commit(BANK)
    const replica = await FollowingReplica.start(await aCluster())
    await replica.ask(
      { name: 'base', url: base.work, namespaces: ['bookstore'] },
      { name: 'team', url: team.work, namespaces: ['bank'], dependsOn: ['base'] },
    )
    const { outcome } = await replica.until('team', (state) => state.outcome !== undefined)
    expect(outcome).toMatchObject({ type: 'waiting', waitsFor: 'dependency' })
    base.commit({ 'broken.yaml': null, ...BOOKSTORE_FILES })
    replica.repositories.request('test', 'base')
    await replica.untilSynced('team', bank)
  })
})

describe('a repository whose request is wrong', () => {
  const refused = { generation: 2, reason: 'InvalidSpec', errors: ['spec.url is missing'] } as const

  it('goes on as it was asked for last', async () => {
    const repository = aRepository()
    const commit = repository.commit(BOOKSTORE_FILES)
    const cluster = await aCluster()
    const replica = await FollowingReplica.start(cluster)
    await replica.ask({ name: 'books', url: repository.work })
    await replica.untilSynced('books', commit)
    await replica.ask({ name: 'books', ...refused })
    expect(replica.repositories.state('books')).toMatchObject({
      spec: { type: 'refused', errors: ['spec.url is missing'] },
      served: commit,
    })
    await cluster.delete(BUYER)
    await vi.waitFor(async () => expect(await cluster.get(BUYER)).toBeDefined())
  })

  it('holds nobody up when it was never applied, and everybody when it was', async () => {
    const [one, two] = [aRepository(), aRepository()]
    const [books, bank] = [one.commit(BOOKSTORE_FILES), two.commit(BANK)]
    const cluster = await aCluster()
    const replica = await FollowingReplica.start(cluster)
    const asked = { name: 'books', url: one.work, namespaces: ['bookstore'] }
    await replica.ask(asked, { name: 'bank', ...refused })
    await replica.untilSynced('books', books)
    expect(replica.mesh.isSynced).toBe(true)
    await replica.ask(asked, { name: 'bank', url: two.work, namespaces: ['bank'] })
    await replica.untilSynced('bank', bank)
    // A restart that cannot know what the bank had must not tell its proxies that it has nothing.
    const restarted = await FollowingReplica.start(cluster, new Leading())
    await restarted.ask(asked, { name: 'bank', ...refused })
    await restarted.until('books', ({ served }) => served === books)
    expect(restarted.mesh.waitsFor).toMatch(/^the last accepted commit of bank/)
  })
})

describe('a repository that is suspended', () => {
  it('is neither read nor put right, and is served all the same', async () => {
    const repository = aRepository()
    const commit = repository.commit(BOOKSTORE_FILES)
    const cluster = await aCluster()
    const replica = await FollowingReplica.start(cluster)
    const asked = { name: 'books', url: repository.work }
    await replica.ask(asked)
    await replica.untilSynced('books', commit)
    await replica.ask({ ...asked, suspend: true })
    await replica.until('books', ({ outcome }) => outcome?.type === 'waiting')
    await cluster.delete(BUYER)
    repository.commit(grantFile('bookthief'))
    replica.repositories.request('test')
    await replica.until('books', ({ drifts }) => drifts.at(-1)?.action === 'reported')
    expect(await cluster.get(BUYER)).toBeUndefined()
    expect(replica.repositories.state('books')?.served).toBe(commit)
    await replica.ask(asked)
    await vi.waitFor(async () => expect(await cluster.get(BUYER)).toBeDefined())
  })
})

describe('two replicas', () => {
  it('serve the same, and one of them applies', async () => {
    const repository = aRepository()
    const commit = repository.commit(BOOKSTORE_FILES)
    const cluster = await aCluster()
    const follower = await FollowingReplica.start(cluster, new Leading())
    const asked = { name: 'books', url: repository.work }
    await follower.ask(asked)
    await vi.waitFor(() => expect(follower.mesh.waitsFor).toBe('no commit is served yet'))
    expect(await cluster.get(BUYER)).toBeUndefined()
    const leader = await FollowingReplica.start(cluster)
    await leader.ask(asked)
    await follower.until('books', ({ served }) => served === commit)
    const next = repository.commit(grantFile('bookthief'))
    leader.repositories.request('test')
    await follower.until('books', ({ served }) => served === next)
    expect(follower.log.sentences).not.toContain('plan ready')
  })

  it('change places: who loses the lead writes no more, and goes on serving', async () => {
    const repository = aRepository()
    const commit = repository.commit(BOOKSTORE_FILES)
    const cluster = await aCluster()
    const [one, two] = [new Leading(), new Leading()]
    const first = await FollowingReplica.start(cluster, one)
    const second = await FollowingReplica.start(cluster, two)
    const asked = { name: 'books', url: repository.work }
    await first.ask(asked)
    await second.ask(asked)
    const term = new AbortController()
    const held = one.lead({ signal: term.signal, isHeld: () => !term.signal.aborted })
    await first.untilSynced('books', commit)
    term.abort()
    await held
    void two.lead({ signal: new AbortController().signal, isHeld: () => true })
    await second.untilSynced('books', commit)
    const next = repository.commit(grantFile('bookthief'))
    second.repositories.request('test')
    await second.untilSynced('books', next)
    await first.until('books', ({ served }) => served === next)
    await cluster.delete(BUYER)
    await vi.waitFor(async () => expect(await cluster.get(BUYER)).toBeDefined())
    expect(first.repositories.state('books')?.driftTotal).toBe(0)
    expect(second.repositories.state('books')?.driftTotal).toBe(1)
  })
})
