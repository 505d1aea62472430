import { createColors } from 'picocolors'
import type { TextStyles } from '../review/problems/problems-text.ts'

/** Colours for a terminal, or none. */
export function textStyles(colour: boolean): TextStyles {
  const colors = createColors(colour)
  return {
    file: (text) => colors.bold(colors.underline(text)),
    error: (text) => colors.bold(colors.red(text)),
    warning: (text) => colors.bold(colors.yellow(text)),
    quiet: colors.dim,
    fix: colors.green,
  }
}
