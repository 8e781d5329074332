import { useState } from 'preact/hooks';
import { wordsOf } from '../gateway/words-of.ts';

/** Something that may fail, with what is to be shown of that at the place where it was asked for. */
export function useAttempt() {
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
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
