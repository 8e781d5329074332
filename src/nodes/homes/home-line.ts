import { type Bell, hangBell } from '../../bus/bell.ts';
import type { Bus } from '../../bus/bus.ts';
import { type GatewayCalls, GatewayUnreachableError } from '../../bus/gateway-calls.ts';
import { type Homes, homeTopic } from './homes.ts';

/** Answers a call of this name on this gateway, as `GatewayCalls` would. */
type AnswerHere = (name: string, argument: unknown) => Promise<unknown>;

export interface HomeLineOptions {
  homes: Homes;
  calls: GatewayCalls;
  bus: Bus;
  answerHere: AnswerHere;
  /** Milliseconds that a node may be without a home that answers. */
  graceMs: number;
}

export interface HomeQuestion {
  name: string;
  /** Called for each attempt. */
  argument(): unknown;
  /** Milliseconds that a home may take to answer. */
  timeoutMs: number;
  /** Aborts to give up. */
  stop: AbortSignal;
}

/** Milliseconds between two looks where the node is, if no ring says that it has moved. */
const lookEveryMs = 2_000;

type Word = { isElsewhere?: boolean };

/** Asks the home of one node, wherever it is, for one matter. */
export class HomeLine implements Disposable {
  readonly #agentNodeId: number;
  readonly #options: HomeLineOptions;
  readonly #bell: Bell;
  #answeredAt = performance.now();
  /** The home that was found last. */
  #home: string | undefined;

  constructor(agentNodeId: number, options: HomeLineOptions) {
    this.#agentNodeId = agentNodeId;
    this.#options = options;
    const topic = homeTopic(agentNodeId);
    const { signal } = new AbortController();
    this.#bell = hangBell({ bus: options.bus, topic, signal, longestWaitMs: lookEveryMs });
  }

  /** The gateway that was the home when it was last looked for. */
  get home(): string | undefined {
    return this.#home;
  }

  /**
   * Resolves with the answer of the home. A question is asked again when no answer comes and when the node moves, so it
   * must do no harm twice.
   *
   * @returns Undefined when `stop` aborts, or when no home has answered for the grace time.
   */
  async ask<Answer extends Word>(question: HomeQuestion): Promise<Answer | undefined> {
    const { stop } = question;
    let pending: { home: string; answer: Promise<Answer | undefined> } | undefined;
    let endWait = () => {};
    const stopped = new Promise<'woken'>((resolve) => {
      endWait = () => resolve('woken');
      stop.addEventListener('abort', endWait);
    });
    const woken = async () => {
      await Promise.race([this.#bell.wait(), stopped]);
      return 'woken' as const;
    };
    try {
      while (!stop.aborted) {
        const home = await this.#look();
        if (home !== undefined && pending?.home !== home) {
          pending = { home, answer: this.#askOnce<Answer>(home, question) };
        }
        const answer = await Promise.race([woken(), ...(pending ? [pending.answer] : [])]);
        if (answer !== 'woken' && answer !== undefined && !answer.isElsewhere) {
          this.#answeredAt = performance.now();
          return answer;
        }
        if (pending === undefined || answer !== 'woken') {
          if (performance.now() - this.#answeredAt > this.#options.graceMs) return undefined;
          if (answer !== 'woken') await woken();
          pending = undefined;
        }
      }
      return undefined;
    } finally {
      stop.removeEventListener('abort', endWait);
    }
  }

  [Symbol.dispose](): void {
    this.#bell[Symbol.dispose]();
  }

  /** Returns the home; undefined while the node has none. */
  async #look(): Promise<string | undefined> {
    const { homes } = this.#options;
    if (homes.isHere(this.#agentNodeId)) {
      this.#home = homes.gatewayId;
    } else {
      const [found] = await homes.find([this.#agentNodeId]);
      // While this gateway cannot reach the others, the node is probably where it was.
      if (found !== undefined || !homes.isBlind) this.#home = found?.gatewayId ?? undefined;
    }
    return this.#home;
  }

  /** Resolves with undefined if the home does not answer. */
  async #askOnce<Answer>(home: string, question: HomeQuestion): Promise<Answer | undefined> {
    const { homes, calls, answerHere } = this.#options;
    const { name, timeoutMs } = question;
    try {
      const answer = await (home === homes.gatewayId
        ? answerHere(name, question.argument())
        : calls.ask(home, name, question.argument(), { timeoutMs }));
      return answer as Answer;
    } catch (error) {
      if (error instanceof GatewayUnreachableError) return undefined;
      throw error;
    }
  }
}
