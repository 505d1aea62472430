/** Thrown where the evaluator meets configuration that it does not know: it never guesses. */
export class Unsupported extends Error {
  constructor(what: string) {
    super(`the evaluator does not know ${what}`)
    this.name = 'Unsupported'
  }
}
