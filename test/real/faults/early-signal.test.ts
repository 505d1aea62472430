/** A signal that comes while the control plane still starts. */
import { expect, it, onTestFinished } from 'vitest'
import { type Answer, aFakeApiServer, silence, status } from '../../support/fake-api-server.ts'
import { until } from '../../support/kubernetes-world.ts'
import { temporaryDirectory } from '../../support/temporary-directory.ts'
import { RunProcess } from '../kube/run-process.ts'

it('SIGHUP ends nothing, even before there is anything to pass over', async () => {
  let answer = (): void => undefined
  const held: Answer = (response, request) => {
    answer = () => status(404, 'NotFound')(response, request)
  }
  const server = await aFakeApiServer(held, silence)
  const folder = await temporaryDirectory()
  const kubeconfig = await server.kubeconfig()
  const cluster = ['--cluster', 'kubernetes', '--kubeconfig', kubeconfig]
  const run = new RunProcess(['--repository', folder, '--data', folder, ...cluster])
  onTestFinished(async () => await run.kill())
  await until(() => server.requests.length === 1 || run.isDead)
  run.pass()
  // A signal is heard within a turn of its loop or two; whatever it asks next, it lives.
  await new Promise((resolve) => setTimeout(resolve, 100))
  answer()
  await until(() => server.requests.length === 2 || run.isDead)
  expect(run.isDead).toBe(false)
})
