/** Numbers that each run event has for its frames. None has so many frames. */
const numbersOfEvent = 100;

/**
 * The `sequence_number` of a frame: the `seq` of its run event in the log of the run, and its place among the frames of
 * that, counted from the end. So the last frame of a run event always has the same number, also for a client that got
 * several merged into one, and `starting_after` finds the place in the log.
 *
 * @param place From 0 on.
 * @param frames How many frames the run event has.
 */
export function sequenceNumber(seq: number, place: number, frames: number): number {
  return seq * numbersOfEvent + numbersOfEvent - frames + place;
}

/** The `seq` of the run event that a frame belongs to. */
export function seqOf(sequenceNumber: number): number {
  return Math.floor(sequenceNumber / numbersOfEvent);
}
