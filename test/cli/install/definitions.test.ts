/** The definitions that are shipped as files are those that the control plane puts into a cluster itself. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dump } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { customResourceDefinitions } from '../../../src/render/kubernetes/crds/custom-resource-definitions.ts'

const DEPLOY = join(import.meta.dirname, '../../../deploy')
const MEND = 'UPDATE_DEPLOY=1 npx vitest run test/cli/install/definitions.test.ts'

/** Helm cannot read a file outside of its chart, nor kustomize one outside of its base: the same bytes, twice. */
const COPIES = ['kubernetes/crds.yaml', 'chart/plumbline/crds/definitions.yaml']

const HEADER = `# Generated from src/render/kubernetes/crds; do not edit. Written anew by:
#   ${MEND}
`

function printDefinitions(): string {
  const print = (value: unknown) => dump(value, { noRefs: true, lineWidth: 120 })
  return HEADER + customResourceDefinitions().map(print).join('---\n')
}

describe('the shipped CustomResourceDefinitions', () => {
  it.each(COPIES)('are in deploy/%s as the control plane would write them', (copy) => {
    const path = join(DEPLOY, copy)
    if (process.env['UPDATE_DEPLOY'] !== undefined) writeFileSync(path, printDefinitions())
    expect(readFileSync(path, 'utf8') === printDefinitions(), `stale; run ${MEND}`).toBe(true)
  })
})
