import { GatewayError, gatewayErrorOfResponse, unreachable } from './errors.ts';
import { sendForm } from './send-form.ts';

export type Headers = Record<string, string>;

/**
 * A token, or a function that returns one: it is called for each request. After the gateway has refused a token, it
 * is called with that one. If it returns another one then, the request is sent again.
 */
type Token = string | ((refused?: string) => string | undefined | Promise<string | undefined>) | undefined;

/** Where requests go, and what each of them carries. */
export interface Endpoint {
  /** The address, or a path on a page of the gateway's own. */
  url: string;
  /** Sent as `Authorization: Bearer …`. */
  token?: Token;
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
  /** Sent instead of `body`. */
  form?: FormData | undefined;
  /** Called with the part of `form` that has been sent, from 0 to 1. */
  onProgress?: ((part: number) => void) | undefined;
  /** Aborts the request, and its response while that is read. */
  signal: AbortSignal;
}

/** @throws GatewayError for a response that is no success; what `fetch` throws where there is no response. */
export async function request(endpoint: Endpoint, options: RequestOptions): Promise<Response> {
  const token = await tokenOf(endpoint);
  let response = await send(endpoint, token, options);
  if (response.status === 401 && typeof endpoint.token === 'function') {
    const renewed = await tokenOf(endpoint, token);
    if (renewed !== token) {
      discard(response);
      response = await send(endpoint, renewed, options);
    }
  }
  if (isRedirect(response)) {
    discard(response);
    throw unreachable(new Error(refusedRedirect(response)));
  }
  if (!response.ok) throw await gatewayErrorOfResponse(response);
  return response;
}

async function tokenOf({ token }: Endpoint, refused?: string): Promise<string | undefined> {
  if (typeof token !== 'function') return token;
  try {
    return await token(refused);
  } catch (error) {
    throw unreachable(error, 'The function `token` has failed.');
  }
}

async function send(
  { url, headers: more }: Endpoint,
  token: string | undefined,
  { method = 'POST', headers: own, body, form, onProgress, signal }: RequestOptions,
): Promise<Response> {
  const headers: Headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(typeof more === 'function' ? await more() : more),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    // The gateway refuses a form without this header, because any web page could send one.
    ...(form === undefined ? {} : { 'apollo-require-preflight': 'true' }),
    ...own,
  };
  const init = { method, headers, signal };
  if (form && onProgress) return sendForm(url, form, init, onProgress);
  const sent = form ?? (body === undefined ? null : JSON.stringify(body));
  return fetch(url, { ...init, body: sent, redirect: 'manual' });
}

/** Frees the connection of a response that nobody reads. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
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
