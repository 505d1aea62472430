/** Edits of a MeshRepository beside those of others. */
import { describe, expect, it } from 'vitest'
import { editRepository } from '../../../src/cli/repositories/edit-repository.ts'
import { fieldOwners } from '../../../src/cli/repositories/field-owners.ts'
import { withSpecField } from '../../../src/cli/repositories/with-spec-field.ts'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { anEmbeddedCluster } from '../../support/embedded-cluster.ts'
import {
  aMeshRepository,
  aStatus,
  CONTROL_NAMESPACE,
  FIRST,
  playStatus,
} from '../../support/mesh-repositories.ts'

const asGitOps = { fieldManager: 'kustomize-controller', force: true, dryRun: false }

async function aCluster(spec: Readonly<Record<string, unknown>> = {}) {
  const cluster = await anEmbeddedCluster({ namespaces: [CONTROL_NAMESPACE] })
  await cluster.apply(aMeshRepository('mesh', spec), asGitOps)
  return cluster
}

describe('an edit', () => {
  it('is made anew where somebody else wrote in between, and keeps what they wrote', async () => {
    const cluster = await aCluster()
    let overtaken = 0
    const list = cluster.list.bind(cluster)
    // The control plane writes the status between the reading and the writing.
    cluster.list = async (...asked) => {
      const answer = await list(...asked)
      if (++overtaken <= 3)
        await playStatus(cluster, 'mesh', () =>
          aStatus(FIRST, { inventory: { objects: overtaken } }),
        )
      return answer
    }
    const stored = await editRepository(cluster, 'mesh', (object) =>
      withSpecField(object, 'suspend', true),
    )
    expect(overtaken).toBe(4)
    expect(stored).toMatchObject({ spec: { suspend: true }, status: { commit: FIRST } })
  })

  it('gives up where it never gets a chance, with what the cluster says', async () => {
    const cluster = await aCluster()
    let tries = 0
    cluster.update = async () => {
      tries++
      throw new ClusterError('Conflict', 'it was changed')
    }
    await expect(editRepository(cluster, 'mesh', (object) => object)).rejects.toMatchObject({
      code: 'Conflict',
      message: 'it was changed',
    })
    expect(tries).toBe(10)
  })

  it('leaves what a GitOps controller declares its own, so that its next apply goes through', async () => {
    const cluster = await aCluster({ ref: 'main' })
    await editRepository(cluster, 'mesh', (object) => withSpecField(object, 'suspend', true))
    const again = await cluster.apply(aMeshRepository('mesh', { ref: 'release' }), {
      ...asGitOps,
      force: false,
    })
    expect(again['spec']).toMatchObject({ ref: 'release', suspend: true })
    const resumed = await editRepository(cluster, 'mesh', (object) =>
      withSpecField(object, 'suspend', undefined),
    )
    expect(resumed['spec']).not.toHaveProperty('suspend')
  })

  it('refuses a name that is not there, with the nearest that is', async () => {
    const cluster = await aCluster()
    await expect(editRepository(cluster, 'mes', (object) => object)).rejects.toThrow(
      'there is no MeshRepository "mes" in plumbline-system; did you mean mesh?',
    )
    await expect(editRepository(cluster, 'payments', (object) => object)).rejects.toThrow(
      'there is no MeshRepository "payments" in plumbline-system; there is mesh',
    )
  })
})

describe('the owners of a field', () => {
  it('are those who will write it again', async () => {
    const cluster = await aCluster({ suspend: false })
    const stored = await editRepository(cluster, 'mesh', (object) =>
      withSpecField(object, 'pin', { commit: FIRST }),
    )
    expect(fieldOwners(stored, 'suspend')).toEqual(['kustomize-controller'])
    expect(fieldOwners(stored, 'pin')).toEqual([])
    expect(fieldOwners(aMeshRepository(), 'suspend')).toEqual([])
  })

  it('are programs that update, too, and no people', async () => {
    const cluster = await aCluster()
    const write = async (fieldManager: string) => {
      const [object] = (
        await cluster.list({ group: 'plumbline.dev', version: 'v1alpha1', kind: 'MeshRepository' })
      ).items
      if (object === undefined) throw new Error('it is there')
      return await cluster.update(withSpecField(object, 'suspend', fieldManager === 'helm'), {
        fieldManager,
      })
    }
    expect(fieldOwners(await write('kubectl-edit'), 'suspend')).toEqual([])
    expect(fieldOwners(await write('helm'), 'suspend')).toEqual(['helm'])
  })
})
