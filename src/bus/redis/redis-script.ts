import { createHash } from 'node:crypto';
import type { RedisClientType } from '@redis/client';

interface ScriptInput {
  keys: string[];
  arguments: string[];
}

/** Runs a Lua script by its hash. Redis gets the text only when it does not know it, for instance after a restart. */
export function createScript<Reply>(text: string) {
  const sha = createHash('sha1').update(text).digest('hex');
  return async (client: RedisClientType, input: ScriptInput): Promise<Reply> => {
    try {
      return (await client.evalSha(sha, input)) as Reply;
    } catch (error) {
      if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
      return (await client.eval(text, input)) as Reply;
    }
  };
}
