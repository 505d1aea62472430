/** Which names of a commit are read at all: policies, the settings and the ignore rules. */

const POLICY_NAME = /\.(?:ya?ml|json)$/i

export const SETTINGS_NAME = '.plumbline.yaml'
export const IGNORE_NAME = '.plumbignore'

/** For `GitSource.read`: nothing else of the commit needs to be fetched. */
export function wantedFile(path: string): boolean {
  return isPolicyName(path) || baseName(path) === IGNORE_NAME
}

/** Settings are YAML too, so their name is among these. The extension's case does not matter. */
export function isPolicyName(path: string): boolean {
  return POLICY_NAME.test(path)
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `''` for a path without a folder. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')))
}
