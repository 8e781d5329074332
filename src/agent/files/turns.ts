/** Does work when all work that was given before it is done. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>;

/** For what reads a file and then writes it: two at once would lose what the first one wrote. */
export function createTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const turn = last.then(work, work);
    last = turn;
    return turn;
  };
}
