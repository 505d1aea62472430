/** Sections of docs/problems.md, which ships with the package. */
import { readFile } from 'node:fs/promises'

/** The page lies as far from the sources as from what is built of them. */
const PAGE = new URL('../../docs/problems.md', import.meta.url)

export async function readProblemPage(): Promise<string> {
  return readFile(PAGE, 'utf8')
}

/** From the heading `## CODE title` to the next. */
export function sectionOf(page: string, code: string): string | undefined {
  return page.split(/^(?=## )/m).find((section) => section.startsWith(`## ${code} `))
}

/** Markdown as a terminal shows it: no fences, blocks indented, the rest as it is written. */
export function printSection(section: string, bold: (text: string) => string): string {
  let inBlock = false
  const lines: string[] = []
  for (const line of section.trimEnd().split('\n')) {
    if (line.startsWith('```')) inBlock = !inBlock
    else if (inBlock) lines.push(line === '' ? '' : `    ${line}`)
    else lines.push(printProse(line, bold))
  }
  return `${lines.join('\n')}\n`
}

function printProse(line: string, bold: (text: string) => string): string {
  if (line.startsWith('## ')) return bold(line.slice('## '.length))
  return line.replace(/^\*\*(\w+)\*\* /, (_whole, severity: string) => `${severity}: `)
}
