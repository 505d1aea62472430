/** Makes an Envoy mark every socket it opens upstream, so that interception can tell them where Envoy has no uid of its own. */
import { BOOTSTRAP_FILE, type BootstrapFile } from '../injector/bootstrap-files.ts'

const SOL_SOCKET = 1
const SO_MARK = 36

/**
 * The cluster manager's bind settings hold for every cluster, those that come over xDS included, that has none of its own: so the
 * control plane need not know in what kind of namespace a proxy runs.
 */
export function markBootstrap(
  files: readonly BootstrapFile[],
  mark: number,
): readonly BootstrapFile[] {
  const option = { level: SOL_SOCKET, name: SO_MARK, int_value: mark, state: 'STATE_PREBIND' }
  return files.map((file) => {
    if (file.name !== BOOTSTRAP_FILE) return file
    const bootstrap = JSON.parse(file.content) as Readonly<Record<string, unknown>>
    const manager = { upstream_bind_config: { socket_options: [option] } }
    return { ...file, content: JSON.stringify({ ...bootstrap, cluster_manager: manager }) }
  })
}
