/** `plumb explain`: sections of the page that ships with the package. */
import { expect, it } from 'vitest'
import { printSection, readProblemPage, sectionOf } from '../../src/cli/problem-page.ts'

const shout = (text: string) => text.toUpperCase()

it('prints a section without its markup', () => {
  const page =
    '# Page\n\n## PLB0001 one thing\n\n**error** Why.\n\n```yaml\na: 1\n\nb: 2\n```\n\nMend: this way.\n\n## PLB0002 another\n'
  expect(printSection(sectionOf(page, 'PLB0001') ?? '', shout)).toBe(
    'PLB0001 ONE THING\n\nerror: Why.\n\n    a: 1\n\n    b: 2\n\nMend: this way.\n',
  )
})

it('finds no section for a part of a code or for another', async () => {
  const page = await readProblemPage()
  expect(sectionOf(page, 'PLB0203')).toContain('duplicate key')
  expect(sectionOf(page, 'PLB020')).toBeUndefined()
  expect(sectionOf(page, '')).toBeUndefined()
})
