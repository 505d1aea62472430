/** What a process loads of the client library to read a kubeconfig. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const SOURCE = join(import.meta.dirname, '../../../src/reconciler/kubernetes/load-kube-config.ts')

/** Lists what is loaded, in a process of its own: this one has loaded all kinds of things. */
const PROGRAM = `
const { registerHooks } = require('node:module')
const urls = []
registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) })
import(process.argv[1]).then(() => console.log(JSON.stringify(urls)))
`

it('loads of the client library what reads kubeconfigs and signs in, and none of its API clients', () => {
  const said = execFileSync(process.execPath, ['-e', PROGRAM, SOURCE], { encoding: 'utf8' })
  const urls = JSON.parse(said) as readonly string[]
  const ofLibrary = urls.filter((url) => url.includes('/@kubernetes/client-node/'))
  const names = ofLibrary.map((url) => url.replace(/^.*\/client-node\//, ''))
  expect(names).toContain('dist/config.js')
  expect(names).toContain('dist/exec_auth.js')
  expect(names.length).toBeLessThan(20)
  expect(urls.filter((url) => /\/node_modules\/undici\//.test(url))).toEqual([])
})
