/** What went wrong on the machine the lab runs on; the message says what was found and what to type. */
export type LabErrorCode =
  | 'ProgramMissing'
  | 'ProgramFailed'
  | 'EnvoyMissing'
  | 'EnvoyUnsuitable'
  | 'NoIsolation'
  | 'NotInLab'
  | 'WorkloadsInvalid'
  | 'PodUnknown'
  | 'NotStarted'

export class LabError extends Error {
  readonly code: LabErrorCode

  constructor(code: LabErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LabError'
    this.code = code
  }
}
