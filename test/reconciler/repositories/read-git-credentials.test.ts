/** What opens a private repository, and what is said when it does not: never a value. */
import { expect, it } from 'vitest'
import { ClusterError } from '../../../src/reconciler/cluster.ts'
import { readGitCredentials } from '../../../src/reconciler/repositories/read-git-credentials.ts'
import { aControlCluster, CONTROL_NAMESPACE } from '../../support/control-cluster.ts'

type Data = Readonly<Record<string, string>>

async function aClusterWith(data: Data | undefined) {
  const cluster = await aControlCluster()
  if (data !== undefined)
    await cluster.create(
      {
        ...{ apiVersion: 'v1', kind: 'Secret' },
        metadata: { name: 'git', namespace: CONTROL_NAMESPACE },
        data: Object.fromEntries(
          Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
        ),
      },
      { fieldManager: 'test' },
    )
  return cluster
}

const readFrom = async (data: Data | undefined) =>
  await readGitCredentials(await aClusterWith(data), CONTROL_NAMESPACE, 'git')

it('takes a user name and a password, as kubernetes.io/basic-auth has them', async () => {
  expect(await readFrom({ username: 'ada', password: 'hunter2' })).toEqual({
    type: 'basic',
    username: 'ada',
    password: 'hunter2',
  })
})

it('takes a token without a user name', async () => {
  expect(await readFrom({ password: 'hunter2' })).toMatchObject({ username: 'git' })
  expect(await readFrom({ bearerToken: 'hunter2', username: 'ada' })).toEqual({
    type: 'bearer',
    token: 'hunter2',
  })
})

it('leaves out the line break that an editor put at the end', async () => {
  expect(await readFrom({ bearerToken: 'hunter2\n' })).toMatchObject({ token: 'hunter2' })
  expect(await readFrom({ username: 'ada\r\n', password: 'hunter2\r\n' })).toMatchObject({
    username: 'ada',
    password: 'hunter2',
  })
})

it.each([
  [
    'that is not there',
    undefined,
    'the Secret plumbline-system/git that spec.secretRef names does not exist; create it, and put the keys `username` and `password` (or a token as `password`) into it, or the key `bearerToken`',
  ],
  ['without keys', {}, 'the Secret plumbline-system/git has no keys; put the keys'],
  [
    'with keys of another kind',
    { identity: 'hunter2', known_hosts: 'hunter2' },
    'the Secret plumbline-system/git has the keys identity, known_hosts; put the keys',
  ],
  [
    'with an empty password',
    { username: 'ada', password: '\n' },
    'has the keys password, username',
  ],
  [
    'with two lines of password',
    { password: 'hunter2\nhunter2' },
    'the key password of the Secret plumbline-system/git has a line break or a control character',
  ],
] as const)(
  'refuses a Secret %s, names it and the keys, and shows no value',
  async (_what, data, words) => {
    const error = await readFrom(data).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'GitSourceError', code: 'AuthenticationFailed' })
    expect(String(error)).toContain(words)
    expect(String(error)).not.toContain('hunter2')
  },
)

it('says which right is missing', async () => {
  const cluster = {
    get: async () => {
      throw new ClusterError('Forbidden', 'User "x" cannot get resource "secrets"')
    },
  }
  await expect(readGitCredentials(cluster, CONTROL_NAMESPACE, 'git')).rejects.toMatchObject({
    code: 'Forbidden',
    message:
      'the control plane may not read the Secret plumbline-system/git that spec.secretRef names; give its account the right to get Secrets in plumbline-system',
  })
})

it('passes on that the cluster is away', async () => {
  const cluster = {
    get: async () => {
      throw new ClusterError('Unavailable', 'connection refused')
    },
  }
  await expect(readGitCredentials(cluster, CONTROL_NAMESPACE, 'git')).rejects.toMatchObject({
    code: 'Unavailable',
  })
})
