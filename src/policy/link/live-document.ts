/** An object of the cluster as a document, so that the kinds judge it by the same rules as what was committed. */
import type { KubernetesObject } from '../../model/kubernetes-object.ts'
import { toObjectKind } from '../../model/object-id.ts'
import type { SourceLocation } from '../../model/source-location.ts'
import type { Document } from '../document.ts'
import { KINDS } from '../registry.ts'

type Strings = Readonly<Record<string, string>>

/** Keys under it are written by Plumbline when it applies an object, but for those that a kind lets its author write. */
const OWN_PREFIX = 'plumbline.dev/'

/**
 * Without what the API server sets and what Plumbline adds. Every part of it stands where the repository declares the object:
 * there are no lines in a cluster.
 */
export function toLiveDocument(live: KubernetesObject, declared: SourceLocation): Document {
  const { file } = declared
  const locate = () => declared
  return {
    ...{ file, index: 0, value: toManifest(live), locate, locateKey: locate },
    sourceText: () => undefined,
    // Text in the cluster is text: nothing in it is to be read as something else.
    isQuoted: () => true,
  }
}

function toManifest({ status: _status, ...live }: KubernetesObject): KubernetesObject {
  const { apiVersion, kind, metadata } = live
  const { name, namespace, labels, annotations } = metadata
  const own = ownAnnotationsOf(live)
  const ours = {
    name,
    ...(namespace !== undefined && { namespace }),
    ...(labels && { labels: withoutMarks(labels, []) }),
    ...(annotations && { annotations: withoutMarks(annotations, own) }),
  }
  // A namespace's body is not ours (D32), and a dying one has finalizers there.
  return kind === 'Namespace'
    ? { apiVersion, kind, metadata: ours }
    : { ...live, apiVersion, kind, metadata: ours }
}

function ownAnnotationsOf(live: KubernetesObject): readonly string[] {
  const { group, kind } = toObjectKind(live)
  const definition = KINDS.find((known) => known.group === group && known.kind === kind)
  return definition?.ownAnnotations ?? []
}

function withoutMarks(strings: Strings, own: readonly string[]): Strings {
  return Object.fromEntries(
    Object.entries(strings).filter(([key]) => !key.startsWith(OWN_PREFIX) || own.includes(key)),
  )
}
