/** Which API server is meant and who we are to it: from a kubeconfig, or from the pod we run in. */
import { messageOf } from '../../model/message-of.ts'
import { ClusterError } from '../cluster.ts'
import { KubeConfig } from './kube-config-class.ts'

export interface KubeConfigChoice {
  /** A file. Without one: $KUBECONFIG, ~/.kube/config, then the service account of the pod, as kubectl looks. */
  readonly kubeconfig?: string
  /** Default: the current context of the file. */
  readonly context?: string
}

/** Throws `ClusterError` `Invalid` for what names no API server. Reads files, touches no network. */
export function loadKubeConfig({ kubeconfig, context }: KubeConfigChoice): KubeConfig {
  const config = readConfig(kubeconfig)
  if (context !== undefined) choose(config, context)
  const cluster = config.getCurrentCluster()
  if (cluster === null)
    throw invalid(
      `the context ${JSON.stringify(config.getCurrentContext())} of ${nameOf(kubeconfig)} names no cluster; choose another with --context: ${contextsOf(config)}`,
    )
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify)
    throw invalid(
      `the API server is ${cluster.server}, and credentials are not sent in the clear; use its https address, or say insecure-skip-tls-verify: true in ${nameOf(kubeconfig)}`,
    )
  return config
}

function readConfig(file: string | undefined): KubeConfig {
  const config = new KubeConfig()
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (cause) {
    const reason = messageOf(cause)
    throw invalid(`${nameOf(file)} cannot be read as a kubeconfig: ${reason}`, cause)
  }
  if (file === undefined && isGuess(config))
    throw invalid(
      'there is no kubeconfig in $KUBECONFIG or ~/.kube/config, and this is no pod; name one with --kubeconfig',
    )
  return config
}

/** What the client library makes up when it finds nothing: an API server without TLS on this machine. */
function isGuess(config: KubeConfig): boolean {
  return config.getCurrentContext() === 'loaded-context' && config.getContexts().length === 1
}

function choose(config: KubeConfig, context: string): void {
  if (config.getContextObject(context) === null)
    throw invalid(
      `there is no context ${JSON.stringify(context)} in the kubeconfig; there are: ${contextsOf(config)}`,
    )
  config.setCurrentContext(context)
}

function contextsOf(config: KubeConfig): string {
  return (
    config
      .getContexts()
      .map(({ name }) => name)
      .join(', ') || 'none'
  )
}

function nameOf(file: string | undefined): string {
  return file ?? 'the kubeconfig'
}

function invalid(message: string, cause?: unknown): ClusterError {
  return new ClusterError('Invalid', message, { cause })
}
