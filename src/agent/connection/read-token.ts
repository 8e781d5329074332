import { readFile } from 'node:fs/promises';
import { AgentError } from '../errors/agent-error.ts';

export interface TokenSources {
  /** From the command line. It wins over the other sources. */
  token?: string | undefined;
  /** The path of a file that contains the token and nothing else. */
  tokenFile?: string | undefined;
  env: NodeJS.ProcessEnv;
}

/**
 * Finds the token of the node: an option, a file, or the variable `SWITCHYARD_TOKEN`.
 *
 * @throws AgentError if there is no token, or if the file cannot be read.
 */
export async function readToken({ token, tokenFile, env }: TokenSources): Promise<string> {
  const found = token ?? (tokenFile === undefined ? env['SWITCHYARD_TOKEN'] : await readTokenFile(tokenFile));
  if (found) return found;
  throw new AgentError(
    tokenFile === undefined
      ? 'The agent needs the token of its node: set SWITCHYARD_TOKEN, or name a file with --token-file.'
      : `The token file ${tokenFile} is empty.`,
  );
}

async function readTokenFile(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AgentError(`The token file cannot be read: ${reason}`, undefined, { cause: error });
  }
}
