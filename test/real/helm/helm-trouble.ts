/** Why the suites with a real Helm cannot run here, said aloud; on CI a missing part is a failure, not a skip. */
import { tryProgram } from '../../../src/lab/run-program.ts'
import { kubeTrouble } from '../kube/kube-trouble.ts'

/** They ask the kubectl of the control plane as well, so what that lacks is missing here too. */
export async function helmTrouble(): Promise<string | undefined> {
  const trouble = await kubeTrouble()
  if (trouble !== undefined || process.env['PLUMBLINE_HELM'] !== undefined) return trouble
  try {
    await tryProgram(['go', 'version'])
    return undefined
  } catch {
    const sentence =
      'real Helm skipped: there is no Go to build it with, and PLUMBLINE_HELM is not set'
    if (process.env['CI']) throw new Error(sentence)
    console.warn(sentence)
    return sentence
  }
}
