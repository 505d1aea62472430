/** What is followed, and whether it is Ready. Pure. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toRepositoryView } from '../repositories/repository-view.ts'
import { CONTROL_NAMESPACE } from '../run/serving/control-plane-identity.ts'
import { type Check, fail, pass, warn } from './check.ts'

/** `all` of the cluster: those outside of the control namespace are not obeyed, which is easily missed. */
export function judgeRepositories(all: readonly KubernetesObject[]): readonly Check[] {
  const [here, elsewhere] = [
    all.filter(({ metadata }) => metadata.namespace === CONTROL_NAMESPACE),
    all.filter(({ metadata }) => metadata.namespace !== CONTROL_NAMESPACE),
  ]
  const none = warn('repositories', 'no repository is followed', {
    expected: `a MeshRepository in ${CONTROL_NAMESPACE}`,
    fix: 'plumb install --repository https://git.example.com/mesh.git',
  })
  return [
    ...(here.length === 0 ? [none] : here.map(judgeOne)),
    ...elsewhere.map(({ metadata }) =>
      warn(`repository ${metadata.namespace}/${metadata.name}`, 'nobody obeys it', {
        expected: `MeshRepositories in ${CONTROL_NAMESPACE} only: whoever writes one decides who may call whom`,
        fix: `create it in ${CONTROL_NAMESPACE}, and delete it in ${metadata.namespace}`,
      }),
    ),
  ]
}

function judgeOne(object: KubernetesObject): Check {
  const { name: repository, ready, reason, isSeen, isSuspended } = toRepositoryView(object)
  const name = `repository ${repository}`
  if (isSuspended)
    return warn(name, `suspended: ${ready.message}`, {
      expected: 'a repository that is followed',
      fix: `plumb resume ${repository}`,
    })
  const remedy = {
    expected: 'Ready: the newest commit is enforced',
    fix: `plumb get ${repository} says what stopped it and where`,
  }
  if (!isSeen)
    return warn(name, 'the control plane has not looked at it since it was changed', remedy)
  if (ready.status === 'True') return pass(name, ready.message)
  const found = reason === undefined ? ready.message : `${reason}: ${ready.message}`
  return (ready.status === 'False' ? fail : warn)(name, found, remedy)
}
