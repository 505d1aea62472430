/** `plumb explain CODE`: what a problem code means, an example, and how to mend it. */
import { Command } from 'commander'
import { createColors } from 'picocolors'
import { nearestName } from '../../model/nearest-name.ts'
import { PROBLEM_CODES } from '../../policy/problem-codes.ts'
import { UsageError } from '../exit-code.ts'
import { printSection, readProblemPage, sectionOf } from '../problem-page.ts'
import { wantsColour } from '../wants-colour.ts'

export function explainCommand(): Command {
  return new Command('explain')
    .description('say what a problem code means and how to mend it; without a code, list them all')
    .argument('[code]', 'as in PLB0203 (or 203)')
    .action(async (code: string | undefined) => {
      if (code === undefined) process.stdout.write(listCodes())
      else await explain(toCode(code))
    })
}

async function explain(code: string): Promise<void> {
  const section = sectionOf(await readProblemPage(), code)
  if (section === undefined) {
    const nearest = nearestName(code, Object.keys(PROBLEM_CODES))
    const hint = nearest === undefined ? '' : `; did you mean ${nearest}?`
    throw new UsageError(`there is no problem code ${JSON.stringify(code)}${hint}`)
  }
  process.stdout.write(printSection(section, createColors(wantsColour(process.stdout)).bold))
}

/** `plb203` and `203` are PLB0203. */
function toCode(text: string): string {
  const [, digits] = /^(?:PLB)?(\d{1,4})$/i.exec(text.trim()) ?? []
  return digits === undefined ? text : `PLB${digits.padStart(4, '0')}`
}

function listCodes(): string {
  return Object.entries(PROBLEM_CODES)
    .map(([code, { severity, title }]) => `${code}  ${severity.padEnd(7)}  ${title}\n`)
    .join('')
}
