/**
 * The client library's KubeConfig without the library's other eight hundred modules: an API client generated for every kind, and an HTTP
 * client for it, which nothing here calls. Together they take 45 MB and half a second.
 */
import { registerHooks } from 'node:module'

/** What `config.js` of the library imports and uses only to make such API clients. */
const UNUSED: Readonly<Record<string, readonly string[]>> = {
  './gen/index.js': ['createConfiguration', 'ServerConfiguration'],
  undici: ['Agent', 'ProxyAgent'],
}
const LIBRARY = '/@kubernetes/client-node/dist/'

/** Our package names one version of the library; a later one that is laid out otherwise fails here, in the first test that is run. */
async function load(): Promise<typeof import('@kubernetes/client-node/dist/config.js')> {
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      const names = context.parentURL?.includes(LIBRARY) === true ? UNUSED[specifier] : undefined
      return names === undefined
        ? next(specifier, context)
        : { url: emptyModule(names), format: 'module', shortCircuit: true }
    },
  })
  try {
    return await import('@kubernetes/client-node/dist/config.js')
  } finally {
    hooks.deregister()
  }
}

function emptyModule(names: readonly string[]): string {
  const text = names.map((name) => `export const ${name} = undefined`).join('\n')
  return `data:text/javascript,${encodeURIComponent(text)}`
}

export const { KubeConfig } = await load()
export type KubeConfig = InstanceType<typeof KubeConfig>
