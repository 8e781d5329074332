import { ask } from '../../client/ask.ts';
import type { TypedDocumentString } from '../../gql/console/graphql.ts';

export interface SendFileOptions<V> {
  /** Those that identify the user. */
  headers: Record<string, string>;
  /** Without the file, which is sent as the variable `file`. */
  variables: Omit<V, 'file'>;
  file: File;
  /** Called with the part of the file that has been sent, from 0 to 1. */
  onProgress(part: number): void;
  /** Aborts to give up. */
  signal: AbortSignal;
}

/**
 * Sends a mutation that takes a file, once.
 *
 * @throws GatewayError; the reason of `signal` once that aborts.
 */
export function sendFile<D, V>(
  document: TypedDocumentString<D, V>,
  { headers, variables, file, ...options }: SendFileOptions<V>,
): Promise<D> {
  const operation = { query: document.toString(), variables: { ...variables, file } };
  return ask({ url: '/graphql', headers }, operation, options);
}
