/**
 * Generates TypeScript for the Envoy messages we speak, from the protos inside the npm package
 * @grpc/grpc-js-xds, into src/generated (not committed). Runs at install; a stamp makes a second run free.
 */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'

const root = dirname(import.meta.dirname)
const output = join(root, 'src', 'generated')
const require = createRequire(import.meta.url)

/** The messages we build or read; everything they import comes with them. */
const ENTRY_POINTS = [
  'envoy/service/discovery/v3/ads.proto',
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/config/cluster/v3/cluster.proto',
  'envoy/config/endpoint/v3/endpoint.proto',
  'envoy/config/listener/v3/listener.proto',
  'envoy/config/route/v3/route.proto',
  'envoy/extensions/access_loggers/stream/v3/stream.proto',
  'envoy/extensions/filters/http/lua/v3/lua.proto',
  'envoy/extensions/filters/http/rbac/v3/rbac.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/filters/listener/http_inspector/v3/http_inspector.proto',
  'envoy/extensions/filters/listener/original_dst/v3/original_dst.proto',
  'envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/network/rbac/v3/rbac.proto',
  'envoy/extensions/filters/network/tcp_proxy/v3/tcp_proxy.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
]

/** Protos that come from elsewhere and are not in the package: what imports them is left out of the copy. */
const ABSENT = /^import (?:public )?"(?:opencensus|opentelemetry|io\/prometheus)/m

function packageRoot(name: string): string {
  return dirname(require.resolve(`${name}/package.json`))
}

function protoFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.proto'))
    .map((file) => join(folder, file))
}

/**
 * Copies the four proto trees into one module. The bundled protoc-gen-validate is older than the Envoy
 * protos and lacks `ignore_empty` in its rules, which strict compilers refuse: the field is added here.
 */
function assembleModule(into: string, deps: string): void {
  for (const tree of ['envoy-api', 'xds', 'googleapis', 'protoc-gen-validate'])
    cpSync(join(deps, tree), into, { recursive: true })
  for (const file of protoFiles(into)) {
    const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n') // validate.proto is CRLF
    if (/\/(?:v1|v2\w*|v4alpha)\//.test(relative(into, file)) && file.includes('/envoy/'))
      rmSync(file)
    else if (ABSENT.test(text)) rmSync(file)
    else if (file.endsWith('validate/validate.proto')) writeFileSync(file, addIgnoreEmpty(text))
  }
}

function addIgnoreEmpty(text: string): string {
  return text.replace(
    /^message (\w+Rules) \{\n([\s\S]*?)^\}/gm,
    (whole, name: string, body: string) =>
      name === 'FieldRules' || name === 'MessageRules' || body.includes('ignore_empty')
        ? whole
        : `message ${name} {\n${body}\n    optional bool ignore_empty = 99;\n}`,
  )
}

/** Follows imports from the entry points, so that only what we use is generated. */
function closure(module: string): string[] {
  const seen = new Set<string>()
  const queue = [...ENTRY_POINTS]
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file) || file.startsWith('google/protobuf/')) continue
    const path = join(module, file)
    if (!existsSync(path)) throw new Error(`${file} is imported but is not in @grpc/grpc-js-xds`)
    seen.add(file)
    for (const match of readFileSync(path, 'utf8').matchAll(/^import (?:public )?"([^"]+)";/gm))
      queue.push(match[1] ?? '')
  }
  return [...seen].sort()
}

function generate(): void {
  const xds = packageRoot('@grpc/grpc-js-xds')
  const stamp = createHash('sha256')
    .update(readFileSync(import.meta.filename))
    .update(readFileSync(join(xds, 'package.json')))
    .update(readFileSync(join(root, 'node_modules/@bufbuild/protoc-gen-es/package.json')))
    .digest('hex')
  const stampFile = join(output, '.stamp')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return
  const work = mkdtempSync(join(tmpdir(), 'plumbline-protos-'))
  try {
    const module = join(work, 'proto')
    mkdirSync(module)
    assembleModule(module, join(xds, 'deps'))
    writeFileSync(join(work, 'buf.yaml'), 'version: v2\nmodules:\n  - path: proto\n')
    writeFileSync(join(work, 'buf.gen.yaml'), bufTemplate())
    rmSync(output, { recursive: true, force: true })
    execFileSync(
      process.execPath,
      [
        join(packageRoot('@bufbuild/buf'), 'bin', 'buf'),
        'generate',
        ...closure(module).flatMap((file) => ['--path', join('proto', file)]),
      ],
      { cwd: work, stdio: 'inherit' },
    )
    writeFileSync(stampFile, stamp)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function bufTemplate(): string {
  return JSON.stringify({
    version: 'v2',
    plugins: [
      {
        local: [process.execPath, join(root, 'node_modules/.bin/protoc-gen-es')],
        out: output,
        strategy: 'all',
        opt: ['target=js+dts', 'import_extension=js'],
      },
    ],
  })
}

generate()
