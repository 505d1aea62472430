/**
 * What the other repositories of this cluster say about an object, so that it can move from one to another without ever
 * being deleted in between. Answers from what is known now: both questions are asked while a plan is made, and cost no call.
 */
import type { ObjectId } from '../model/object-id.ts'

export interface Ownership {
  /**
   * What the repository says of the object: its newest good commit wants it, or does not; `unknown` while that commit is not
   * known yet; `gone` when no such repository is followed here any more.
   */
  claim(repository: string, id: ObjectId): 'wanted' | 'unwanted' | 'unknown' | 'gone'
  /** A repository other than `except` whose newest good commit wants the object. */
  claimant(id: ObjectId, except: string): string | undefined
  /**
   * A repository that has not been looked at since the newest commit of this one was read, so that what it wants by now is not
   * known. Asked before something is pruned; whoever answers sees to it that the repository is looked at.
   */
  behind?(repository: string): string | undefined
}

/** For a control plane that follows one repository: of any other nothing is known, so nothing of theirs is taken. */
export const NO_OTHERS: Ownership = {
  claim: () => 'unknown',
  claimant: () => undefined,
}
