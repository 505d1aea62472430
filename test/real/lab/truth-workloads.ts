/** Workloads for access-truth: pods that answer every request, and say as whom. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MESH_ACCOUNTS, MESH_PORTS, MESH_SERVICES } from '../../support/random-policies.ts'

const APP = `import { createServer } from 'node:http'
for (const port of [${MESH_PORTS.map(({ targetPort }) => targetPort).join()}])
  createServer((request, response) => response.writeHead(200, { account: process.env.ACCOUNT }).end()).listen(port)
`

export async function writeTruthWorkloads(directory: string): Promise<void> {
  const documents = [
    ...Object.entries(MESH_SERVICES).map(([key, accounts]) => service(key, accounts)),
    ...MESH_ACCOUNTS.map(deployment),
  ]
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'app.mjs'), APP)
  const text = documents.map((document) => JSON.stringify(document)).join('\n---\n')
  await writeFile(join(directory, 'workloads.yaml'), text)
}

function split(key: string): { readonly namespace: string; readonly name: string } {
  const [namespace = '', name = ''] = key.split('/')
  return { namespace, name }
}

function service(key: string, accounts: readonly string[]): object {
  const label = accounts.length > 1 ? { app: 'store' } : { account: split(key).name }
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: split(key),
    spec: { selector: label, ports: MESH_PORTS },
  }
}

function deployment(account: string): object {
  const { namespace, name } = split(account)
  const labels = { app: namespace, account: name }
  const container = {
    name: 'app',
    image: 'app',
    command: ['node', 'app.mjs'],
    env: [{ name: 'ACCOUNT', value: account }],
    ports: MESH_PORTS.map(({ name: port, targetPort }) => ({
      name: port,
      containerPort: targetPort,
    })),
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { namespace, name },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: { serviceAccountName: name, containers: [container] },
      },
    },
  }
}
