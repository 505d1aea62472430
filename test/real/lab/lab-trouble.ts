/** Why the real-lab suites cannot run here, said aloud; on CI a missing part is a failure, not a skip. */
import { chooseIsolation } from '../../../src/lab/isolation.ts'
import { ensurePrerequisites, withSystemPath } from '../../../src/lab/prerequisites.ts'
import { tryProgram } from '../../../src/lab/run-program.ts'

/** Why a user without rights cannot have a lab here; said aloud, as above. */
export async function userLabTrouble(uid: number): Promise<string | undefined> {
  const user = ['setpriv', '--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups']
  const spaces = ['unshare', '--user', '--map-root-user', '--net', '--mount', 'true']
  const { status, stderr } = await tryProgram([...user, ...spaces])
  return status === 0 ? undefined : complain(`this kernel gives users no namespaces: ${stderr}`)
}

function complain(reason: string): string {
  const sentence = `real lab skipped: ${reason}`
  if (process.env['CI']) throw new Error(sentence)
  console.warn(sentence)
  return sentence
}

export async function labTrouble(): Promise<string | undefined> {
  try {
    const environment = withSystemPath(process.env)
    if (process.getuid?.() !== 0) throw new Error('these tests switch users, so they need root')
    await ensurePrerequisites({
      ...{ environment, root: true, fetchesEnvoy: true },
      progress: console.log,
    })
    await chooseIsolation({ environment, root: true })
    return undefined
  } catch (error) {
    return complain((error as Error).message)
  }
}
