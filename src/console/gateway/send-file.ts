import { dataOf, type Result } from '../../client/ask.ts';
import { gatewayErrorOfResponse, unreachable } from '../../client/errors.ts';
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
 * Sends a mutation that takes a file, once, as the GraphQL multipart request specification describes.
 *
 * @throws GatewayError; the reason of `signal` once that aborts.
 */
export async function sendFile<D, V>(
  document: TypedDocumentString<D, V>,
  { headers, variables, file, onProgress, signal }: SendFileOptions<V>,
): Promise<D> {
  const form = new FormData();
  const operation = { query: document.toString(), variables: { ...variables, file: null } };
  form.set('operations', JSON.stringify(operation));
  form.set('map', JSON.stringify({ 0: ['variables.file'] }));
  form.set('0', file, file.name);
  const response = await post(form, headers, onProgress, signal);
  if (!response.ok) throw await gatewayErrorOfResponse(response);
  return dataOf((await response.json()) as Result<D>);
}

/** `fetch` does not report how much of a body has been sent. */
function post(
  form: FormData,
  headers: Record<string, string>,
  onProgress: (part: number) => void,
  signal: AbortSignal,
): Promise<Response> {
  const request = new XMLHttpRequest();
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      request.abort();
      reject(signal.reason);
    };
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp);
    request.open('POST', '/graphql');
    // The gateway refuses a form without this header, because any web page could send one.
    const sent = { ...headers, accept: 'application/json', 'apollo-require-preflight': 'true' };
    for (const [name, value] of Object.entries(sent)) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => onProgress(loaded / total));
    request.addEventListener('load', () => resolve(toResponse(request)));
    request.addEventListener('error', () => reject(unreachable(new Error('The request failed.'))));
    request.addEventListener('loadend', () => signal.removeEventListener('abort', giveUp));
    request.send(form);
  });
}

function toResponse({ responseText, status, statusText }: XMLHttpRequest): Response {
  return new Response(responseText, { status, statusText });
}
