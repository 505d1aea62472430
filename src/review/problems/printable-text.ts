// Everything that moves a cursor, changes colours, reorders or hides text: control and format characters, odd line ends,
// half surrogates. An escape sequence in a policy must not reach the terminal of the person who reviews it.
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** One line that shows what is there: a tab as a space, every other character that would not show as `\u{1b}`. */
export function printableText(text: string): string {
  return text.replaceAll(UNPRINTABLE, (character) =>
    character === '\t' ? ' ' : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
