#!/usr/bin/env node
// In a checkout the TypeScript sources run as they are; a published package carries dist/.
import { existsSync } from 'node:fs'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 19)) {
  process.stderr.write(
    `plumb needs Node 22.19 or newer and this is ${process.versions.node}; in a checkout, run it as: npm run plumb -- …\n`,
  )
  process.exit(2)
}
const source = new URL('../src/cli/main.ts', import.meta.url)
await import(
  existsSync(source) ? source.href : new URL('../dist/cli/main.js', import.meta.url).href
)
