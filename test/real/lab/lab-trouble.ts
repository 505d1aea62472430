/** Why the real-lab suites cannot run here, said aloud; on CI a missing part is a failure, not a skip. */
import { chooseIsolation } from '../../../src/lab/isolation.ts'
import { ensurePrerequisites, withSystemPath } from '../../../src/lab/prerequisites.ts'

export async function labTrouble(): Promise<string | undefined> {
  try {
    const environment = withSystemPath(process.env)
    if (process.getuid?.() !== 0) throw new Error('these tests switch users, so they need root')
    await ensurePrerequisites({ environment, fetchesEnvoy: true, progress: console.log })
    await chooseIsolation({ environment, root: true })
    return undefined
  } catch (error) {
    const reason = `real lab skipped: ${(error as Error).message}`
    if (process.env['CI']) throw new Error(reason, { cause: error })
    console.warn(reason)
    return reason
  }
}
