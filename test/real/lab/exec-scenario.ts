/** Run by lab-pods.test.ts: a command in a pod, from outside the lab. */
import { execInPod } from '../../../src/lab/exec-in-pod.ts'

const [lab = '', pod = '', ...argv] = process.argv.slice(2)
process.exit(await execInPod({ lab, pod, argv, environment: process.env }))
