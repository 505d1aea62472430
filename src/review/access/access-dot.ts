import type { AccessGraph } from './access-graph.ts'

/** Graphviz's language: a cluster a namespace, an edge a pair. */
export function printAccessDot(graph: AccessGraph): string {
  const clusters = [...graph.namespaces].map(([namespace, nodes], index) => {
    const members = nodes.map((node) => `    ${quote(node)};`).join('\n')
    if (namespace === '') return members
    return `  subgraph cluster_${index} {\n    label=${quote(namespace)};\n${members}\n  }`
  })
  const edges = graph.edges.map(
    ({ source, destination, rules }) =>
      `  ${quote(source)} -> ${quote(destination)} [label=${quote(rules.join('\n'))}];`,
  )
  return [
    'digraph access {',
    '  rankdir=LR;',
    '  node [shape=box, style=rounded, fontname="sans-serif"];',
    '  edge [fontname="sans-serif", fontsize=10];',
    ...clusters,
    ...edges,
    '}',
    '',
  ].join('\n')
}

function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`
}
