/** Why the suites on a real API server cannot run here, said aloud; on CI a missing part is a failure, not a skip. */
import { tryProgram } from '../../../src/lab/run-program.ts'

export async function kubeTrouble(): Promise<string | undefined> {
  if (process.env['KUBEBUILDER_ASSETS'] !== undefined) return undefined
  try {
    const { stdout } = await tryProgram(['go', 'version'])
    const [, major, minor] = /go(\d+)\.(\d+)/.exec(stdout) ?? []
    if (Number(major) === 1 && Number(minor) >= 21) return undefined
    return complain(`Go 1.21 or newer is needed to build the parts, found: ${stdout.trim()}`)
  } catch {
    return complain('there is no Go to build the parts with, and KUBEBUILDER_ASSETS is not set')
  }
}

function complain(reason: string): string {
  const sentence = `real kube-apiserver skipped: ${reason}`
  if (process.env['CI']) throw new Error(sentence)
  console.warn(sentence)
  return sentence
}
