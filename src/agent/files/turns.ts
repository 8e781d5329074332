/** Does work when all work that was given before it is done. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** For tools that read a file and then write it: two at once would lose the change of the first one. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const turn = last.then(work, work);
    last = turn;
    return turn;
  };
}
