/** Milliseconds. Timers take no more than this; anything longer would fire at once. */
export const longestTimerMs = 2_147_483_647;
