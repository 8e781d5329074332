import type { Logger } from 'pino';
import { CallHandlers } from '../call-handlers.ts';
import { type GatewayCalls, GatewayUnreachableError } from '../gateway-calls.ts';

/** Calls of a gateway that has no others: it answers itself, and reaches nobody else. */
export function createMemoryGatewayCalls(gatewayId: string, log: Logger): GatewayCalls {
  const handlers = new CallHandlers();
  /** Arguments and results go through JSON, so that both adapters give a handler the same. */
  const run = async (name: string, argument: unknown) => copy(await handlers.run(name, copy(argument)));
  return {
    gatewayId,
    answer: (name, handler) => handlers.add(name, handler),
    async ask(id, name, argument, { timeoutMs }) {
      if (id !== gatewayId) throw new GatewayUnreachableError(id, 'no gateway has this id');
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_resolve, reject) => {
        const error = new GatewayUnreachableError(id, `nothing came within ${timeoutMs} ms`);
        timer = setTimeout(() => reject(error), timeoutMs);
      });
      return await Promise.race([run(name, argument), late]).finally(() => clearTimeout(timer));
    },
    tell(id, name, argument) {
      if (id !== gatewayId) return;
      run(name, argument).catch((err: unknown) => log.error({ err, name }, 'a call could not be executed'));
    },
  };
}

function copy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}
