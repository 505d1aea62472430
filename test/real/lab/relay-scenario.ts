/** Run by lab-network.test.ts: a server on the host's loopback, called from inside the lab through the relay. */
import { once } from 'node:events'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { enterLab, labPlace } from '../../../src/lab/enter-lab.ts'
import { chooseIsolation } from '../../../src/lab/isolation.ts'
import { withSystemPath } from '../../../src/lab/prerequisites.ts'
import { offerConnections } from '../../../src/lab/relay.ts'
import { runProgram } from '../../../src/lab/run-program.ts'

const environment = withSystemPath(process.env)
const BODY = 'x'.repeat(300_000)

function call(port: number): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  const sent = request({ port, host: '127.0.0.1', method: 'POST', agent: false })
  sent.on('response', (answer) => resolve(text(answer)))
  sent.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? ''))
  sent.end(BODY)
  return promise
}

if (labPlace(process.env)) {
  const hostPort = Number(environment['HOST_PORT'])
  await runProgram(['ip', 'link', 'set', 'lo', 'up'], { environment })
  await offerConnections({ host: '127.0.0.1', port: 7000 }, new AbortController().signal)
  const through = await Promise.all(Array.from({ length: 20 }, () => call(7000)))
  const result = { direct: await call(hostPort), through: [...new Set(through)] }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  process.exit(0)
} else {
  const server = createServer((request, response) => {
    void text(request).then((body) => response.end(`${body.length} bytes`))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const isolation = await chooseIsolation({ environment, root: process.getuid?.() === 0 })
  const argv = [process.execPath, ...process.argv.slice(1)]
  const relayTo = { host: '127.0.0.1', port }
  process.exit(
    await enterLab({
      isolation,
      environment: { ...environment, HOST_PORT: `${port}` },
      argv,
      relayTo,
    }),
  )
}
