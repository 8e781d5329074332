import { useState } from 'preact/hooks';
import { wordsOf } from '../gateway/words-of.ts';

/** Runs an action and keeps its error, so that a component can show the error beside its button. */
export function useAttempt() {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  /** Resolves with whether the action succeeded. */
  const attempt = async (act: () => Promise<unknown>): Promise<boolean> => {
    setBusy(true);
    setProblem(undefined);
    try {
      await act();
      return true;
    } catch (error) {
      setProblem(wordsOf(error));
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { isBusy, problem, attempt };
}
