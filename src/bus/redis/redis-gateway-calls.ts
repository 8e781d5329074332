import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { GatewayError } from '../../errors.ts';
import { CallHandlers } from '../call-handlers.ts';
import { type GatewayCalls, GatewayUnreachableError } from '../gateway-calls.ts';
import type { Channels } from './redis-channels.ts';

/** Milliseconds between two tries to reach a gateway that does not listen at this moment. */
const retryMs = 100;
/** How long an answer is kept for a call that comes a second time, in milliseconds. */
const keptMs = 30_000;

type Message =
  | { type: 'call'; id: string; from: string; name: string; argument: unknown }
  | { type: 'tell'; name: string; argument: unknown }
  | ({ type: 'answer'; id: string } & Answer);

type Answer =
  | { isDone: true; value?: unknown }
  /** A `GatewayError`, or without a code another failure, whose text stays in the log of the gateway that answered. */
  | {
      isDone: false;
      code: GatewayError['code'] | null;
      message: string;
      extensions: Record<string, unknown>;
    };

export interface RedisGatewayCallsOptions {
  gatewayId: string;
  channels: Channels;
  log: Logger;
}

/** Resolves when other gateways can call this one. */
export async function openRedisGatewayCalls(
  options: RedisGatewayCallsOptions,
): Promise<GatewayCalls & Disposable> {
  const { gatewayId, channels, log } = options;
  const handlers = new CallHandlers();
  const pending = new Map<string, (answer: Answer) => void>();
  /** The answers to the newest calls: a call is sent again when its sender does not know whether it has arrived. */
  const given = new Map<string, Promise<Answer>>();
  const channelOf = (id: string) => `calls:${id}`;
  const send = (id: string, message: Message) => channels.send(channelOf(id), JSON.stringify(message));

  async function execute(name: string, argument: unknown): Promise<Answer> {
    try {
      return { isDone: true, value: await handlers.run(name, argument) };
    } catch (error) {
      if (error instanceof GatewayError) {
        const { code, message, extensions } = error;
        return { isDone: false, code, message, extensions };
      }
      log.error({ err: error, name }, 'a call of another gateway could not be executed');
      return { isDone: false, code: null, message: 'the call failed there', extensions: {} };
    }
  }
  function answerOnce(id: string, name: string, argument: unknown): Promise<Answer> {
    const known = given.get(id);
    if (known) return known;
    const answer = execute(name, argument);
    given.set(id, answer);
    setTimeout(() => given.delete(id), keptMs).unref();
    return answer;
  }
  function receive(text: string): void {
    const message = JSON.parse(text) as Message;
    if (message.type === 'answer') pending.get(message.id)?.(message);
    else if (message.type === 'tell') void execute(message.name, message.argument);
    else {
      const { id, from, name, argument } = message;
      void answerOnce(id, name, argument).then((answer) => send(from, { type: 'answer', id, ...answer }));
    }
  }
  /** Sends until somebody has heard it, or the time is over. Returns why nobody has. */
  async function sendUntilHeard(id: string, message: Message, over: AbortSignal): Promise<string> {
    let reason = '';
    while (!over.aborted) {
      const heard = await send(id, message);
      if (heard !== undefined && heard > 0) return 'nothing came in time';
      reason = heard === 0 ? 'no gateway with this id listens' : 'Redis is away';
      await delay(retryMs, undefined, { signal: over }).catch(() => undefined);
    }
    return reason;
  }

  const listening = channels.listen(channelOf(gatewayId), receive);
  await listening.ready;
  return {
    gatewayId,
    answer: (name, handler) => handlers.add(name, handler),
    async ask(to, name, argument, { timeoutMs }) {
      const id = randomUUID();
      const over = new AbortController();
      const answered = new Promise<Answer>((resolve) => void pending.set(id, resolve));
      const late = delay(timeoutMs, undefined, { signal: over.signal }).catch(() => undefined);
      const sending = sendUntilHeard(to, { type: 'call', id, from: gatewayId, name, argument }, over.signal);
      const answer = await Promise.race([answered, late]);
      pending.delete(id);
      over.abort();
      if (answer === undefined) throw new GatewayUnreachableError(to, await sending);
      if (answer.isDone) return answer.value;
      const { code, message, extensions } = answer;
      throw code === null
        ? new GatewayUnreachableError(to, message)
        : new GatewayError(code, message, extensions);
    },
    tell: (to, name, argument) => void send(to, { type: 'tell', name, argument }),
    [Symbol.dispose]: () => listening[Symbol.dispose](),
  };
}
