/** The longest time of a timer in Node.js, in milliseconds. A longer timer would fire at once. */
export const longestTimerMs = 2_147_483_647;
