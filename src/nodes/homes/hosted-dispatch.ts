import type { ToolOutcome } from '../../tools/tool-runner.ts';
import type { OutputPosition } from '../dispatch/dispatch-output.ts';
import { notTakenYet, patienceMs } from '../dispatch/report-taken.ts';
import type { DispatchNews, DispatchQuestion, OutputPiece } from './node-calls.ts';

/** A dispatch on its home, of a run that asks for its news. Keeps what the run has not said to know. */
export class HostedDispatch {
  /** When the newest question came or was answered, by the clock of `performance.now()`. */
  #askedAt = performance.now();
  #pieces: OutputPiece[] = [];
  #instanceId: string | undefined;
  #isStartKnown = false;
  #outcome: ToolOutcome | undefined;
  #isTaken = false;
  #isOver = false;
  /** Answers the question that waits for news. */
  #answer: ((news: DispatchNews) => void) | undefined;
  /** Those who wait until the run knows something. */
  readonly #changed = new Set<() => void>();

  /** Whether the run has not asked for so many milliseconds: it asks again as soon as it has an answer. */
  isQuiet(forMs: number): boolean {
    return this.#answer === undefined && performance.now() - this.#askedAt > forMs;
  }

  /** Resolves when the run has received the piece, or can get it here no more. */
  async addOutput(text: string, position: OutputPosition): Promise<void> {
    const piece = { text, position };
    this.#pieces.push(piece);
    this.#tell();
    await this.#until(() => this.#isOver || !this.#pieces.includes(piece));
  }

  /** Resolves when the run knows that a process of the agent has acknowledged the dispatch. */
  async acknowledged(instanceId: string): Promise<void> {
    if (this.#instanceId !== instanceId) this.#isStartKnown = false;
    this.#instanceId = instanceId;
    this.#tell();
    await this.#until(() => this.#isStartKnown, patienceMs);
  }

  end(outcome: ToolOutcome): void {
    this.#outcome = outcome;
    this.#tell();
  }

  /** Resolves when the outcome is stored. */
  async reported(): Promise<void> {
    await this.#until(() => this.#isTaken, patienceMs);
  }

  /** The outcome is stored. */
  take(): void {
    this.#isTaken = true;
    this.close();
  }

  /** Ends all waiting: the run has the outcome, or the node has its home elsewhere. */
  close(): void {
    this.#isOver = true;
    this.#answer?.({ isElsewhere: true });
    this.#notify();
  }

  /**
   * Resolves with what the run does not know, at the latest after `withinMs` milliseconds, and when the run asks again.
   */
  ask({ known }: Pick<DispatchQuestion, 'known'>, withinMs: number): Promise<DispatchNews> {
    this.#askedAt = performance.now();
    const received = known.output?.nextOffset ?? 0;
    this.#pieces = this.#pieces.filter(({ position }) => position.nextOffset > received);
    this.#isStartKnown ||= known.isAcknowledged && known.instanceId === this.#instanceId;
    this.#answer?.({});
    this.#notify();
    return new Promise((resolve) => {
      const timer = setTimeout(() => answer({}), withinMs);
      const answer = (news: DispatchNews) => {
        clearTimeout(timer);
        if (this.#answer === answer) this.#answer = undefined;
        this.#askedAt = performance.now();
        resolve(news);
      };
      this.#answer = answer;
      this.#tell();
    });
  }

  /** Answers the question that waits, if there are news. */
  #tell(): void {
    const news: DispatchNews = {
      ...(this.#instanceId !== undefined && !this.#isStartKnown && { instanceId: this.#instanceId }),
      ...(this.#pieces.length > 0 && { pieces: [...this.#pieces] }),
      ...(this.#outcome && { outcome: this.#outcome }),
    };
    if (this.#isOver) this.#answer?.({ isElsewhere: true });
    else if (Object.keys(news).length > 0) this.#answer?.(news);
  }

  #notify(): void {
    for (const notify of [...this.#changed]) notify();
  }

  /** @throws GatewayError OVERLOADED if it is not so within `withinMs` milliseconds, or cannot be so any more. */
  async #until(isSo: () => boolean, withinMs?: number): Promise<void> {
    if (isSo()) return;
    let notify = () => {};
    let timer: NodeJS.Timeout | undefined;
    const changed = new Promise<void>((resolve) => {
      notify = () => {
        if (isSo() || this.#isOver) resolve();
      };
      this.#changed.add(notify);
      if (withinMs !== undefined) timer = setTimeout(resolve, withinMs);
    });
    await changed;
    clearTimeout(timer);
    this.#changed.delete(notify);
    if (isSo()) return;
    throw notTakenYet();
  }
}
