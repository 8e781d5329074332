import type { Logger } from 'pino';
import type { Bus } from '../../bus/bus.ts';
import type { ChangeLog } from '../../changes/change-log.ts';
import { longestTimerMs } from '../../config/longest-timer.ts';
import type { ToolCall } from '../../generated/prisma/client.ts';
import { idList } from '../../storage/statements/dialect.ts';
import type { Statements } from '../../storage/statements/statement.ts';
import { decidedToolCalls } from '../../storage/statements/tool-calls.ts';
import { storeAnswer, unanswered } from './store-answer.ts';
import { type AskedCall, storeDecision } from './store-decision.ts';
import { expired } from './verdict.ts';

/** A stored tool call that waits for a decision, or for a client. */
export interface Question extends AskedCall {
  expiresAt: Date;
  /** Set if it waits for a client: since when one runs it, or null for a question to the user. */
  byClient?: { startedAt: Date | null } | undefined;
}

export interface ApprovalsOptions {
  statements: Statements;
  changes: ChangeLog;
  bus: Bus;
  /** How often the calls are read when no ring tells of a decision, in milliseconds. */
  pollMs: number;
  log: Logger;
}

interface OpenQuestion {
  question: Question;
  close(call: ToolCall | undefined): void;
}

/** The topic that rings when a decision about a tool call of a run was stored, or the answer of a client. */
export function approvalTopic(runId: number): string {
  return `approval:${runId}`;
}

/**
 * Waits for the decisions about the tool calls of this gateway's runs, and for the answers of clients. Each is a change of the call's row, which
 * any gateway can make; a ring tells to look. One statement looks after all calls that wait, however many there are.
 */
export class Approvals {
  readonly #options: ApprovalsOptions;
  readonly #open = new Map<number, OpenQuestion>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  /** Whether to look once more, because a ring came while the rows were read. */
  #again = false;

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /**
   * Waits until the decision about a call is stored, or its answer, or its time is over: then it stores that.
   *
   * @returns The call, which does not wait any more. Undefined if the signal aborts first.
   */
  decided(question: Question, signal: AbortSignal): Promise<ToolCall | undefined> {
    const { runId, rowId } = question;
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const subscription = this.#options.bus.listen(approvalTopic(runId), () => this.#look());
      const close = (call: ToolCall | undefined) => {
        subscription[Symbol.dispose]();
        signal.removeEventListener('abort', giveUp);
        this.#open.delete(rowId);
        resolve(call);
      };
      const giveUp = () => close(undefined);
      signal.addEventListener('abort', giveUp);
      this.#open.set(rowId, { question, close });
      this.#look();
    });
  }

  #look(): void {
    this.#again = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    clearTimeout(this.#timer);
    void this.#readAll().finally(() => {
      this.#isLooking = false;
      if (this.#open.size > 0) this.#timer = setTimeout(() => this.#look(), this.#untilNextLook());
    });
  }

  /** Never rejects: what fails now is tried again at the next look. */
  async #readAll(): Promise<void> {
    const { statements, log } = this.#options;
    try {
      while (this.#again && this.#open.size > 0) {
        this.#again = false;
        await this.#expire();
        const calls = await statements.all(decidedToolCalls, [idList(this.#open.keys())]);
        for (const call of calls) this.#open.get(call.id)?.close(call);
      }
    } catch (error) {
      log.warn({ err: error }, 'it could not be read whether tool calls were approved or answered');
    }
  }

  async #expire(): Promise<void> {
    const now = Date.now();
    const due = [...this.#open.values()].filter(({ question }) => question.expiresAt.getTime() <= now);
    for (const { question } of due) {
      if (!question.byClient) await storeDecision(question, expired, this.#options);
      else await storeAnswer(question, unanswered, question.byClient.startedAt, this.#options);
    }
  }

  /** Milliseconds. */
  #untilNextLook(): number {
    const nearest = Math.min(...[...this.#open.values()].map(({ question }) => question.expiresAt.getTime()));
    return Math.min(this.#options.pollMs, longestTimerMs, Math.max(1, nearest - Date.now()));
  }
}
