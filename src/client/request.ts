import { GatewayError, gatewayErrorOfResponse, unreachable } from './errors.ts';

export type Headers = Record<string, string>;

/** Where requests go, and what each of them carries. */
export interface Endpoint {
  /** Of GraphQL: `http://localhost:8000/graphql`, or a path on a page of the gateway's own. */
  url: string;
  /** Sent as `Authorization: Bearer …`. */
  token?: string | undefined;
  /** Further headers. A function is called for each request. */
  headers?: Headers | (() => Headers | Promise<Headers>) | undefined;
}

/** A document as it is sent. */
export interface Operation {
  query: string;
  variables: unknown;
}

export interface RequestOptions {
  /** Default: POST. */
  method?: 'DELETE' | 'GET' | 'POST' | 'PUT';
  headers?: Headers;
  /** Sent as JSON. */
  body?: unknown;
  /** Sent as they are, instead of `body`. */
  bytes?: Uint8Array<ArrayBuffer> | undefined;
  /** Aborts the request, and its response while that is read. */
  signal: AbortSignal;
}

/** @throws GatewayError for a response that is no success; what `fetch` throws where there is no response. */
export async function request(endpoint: Endpoint, options: RequestOptions): Promise<Response> {
  const { url, token, headers } = endpoint;
  const { method = 'POST', body, bytes, signal } = options;
  const response = await fetch(url, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(typeof headers === 'function' ? await headers() : headers),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(bytes === undefined ? {} : { 'content-type': 'application/octet-stream' }),
      ...options.headers,
    },
    body: bytes ?? (body === undefined ? null : JSON.stringify(body)),
    signal,
    redirect: 'manual',
  });
  if (isRedirect(response)) {
    response.body?.cancel().catch(() => undefined);
    throw unreachable(new Error(refusedRedirect(response)));
  }
  if (!response.ok) throw await gatewayErrorOfResponse(response);
  return response;
}

/** A browser hides the status of a redirect, and gives the response the type `opaqueredirect`. */
function isRedirect({ type, status }: Response): boolean {
  return type === 'opaqueredirect' || (status >= 300 && status < 400);
}

/** A redirect would take the token and the request to an address that the user of this kit did not choose. */
function refusedRedirect({ headers }: Response): string {
  const target = headers.get('location');
  return `The gateway answers with a redirect${target ? ` to ${target}` : ''}, which is not followed.`;
}

/** The error to throw for a failed request: the reason of an aborted signal, or else a GatewayError. */
export function failureOf(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  return error instanceof GatewayError ? error : unreachable(error);
}
