import type { IncomingMessage } from 'node:http';
import { refusal } from '../../errors.ts';
import type { FindDocument } from './find-document.ts';
import { readJsonBody } from './read-body.ts';

/** A GraphQL request. Its parameters have the right types. Its document is not parsed yet. */
export interface RequestParams {
  /** The document that was sent, or that was found by its hash. */
  query: string;
  operationName?: string;
  variables?: Record<string, unknown>;
  extensions?: Record<string, unknown>;
}

export interface ReadOptions {
  /** Most bytes of the body. */
  maxBodyBytes: number;
  findDocument: FindDocument;
}

/**
 * Reads the GraphQL request from the search parameters of a GET or HEAD, or from the JSON body of any other method.
 *
 * @throws GatewayError that names the wrong parameter.
 */
export async function readParams(
  incoming: IncomingMessage,
  url: URL,
  options: ReadOptions,
): Promise<RequestParams> {
  if (isRead(incoming)) return checkParams(fromSearch(url.searchParams), options.findDocument);
  return readBodyParams(incoming, options);
}

/**
 * Reads the GraphQL request from the JSON body.
 *
 * @throws GatewayError that names the wrong parameter.
 */
export async function readBodyParams(
  incoming: IncomingMessage,
  { maxBodyBytes, findDocument }: ReadOptions,
): Promise<RequestParams> {
  return checkParams(await readJsonBody(incoming, maxBodyBytes), findDocument);
}

/** Whether the request comes by GET, or by HEAD, which asks for no more than the headers of a GET. */
export function isRead({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function fromSearch(search: URLSearchParams): Record<string, unknown> {
  return {
    query: search.get('query'),
    operationName: search.get('operationName'),
    variables: parseSearch(search, 'variables'),
    extensions: parseSearch(search, 'extensions'),
  };
}

function parseSearch(search: URLSearchParams, name: string): unknown {
  const text = search.get(name);
  if (!text) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw refusal('BAD_REQUEST', `The parameter "${name}" is not valid JSON.`);
  }
}

/**
 * Checks that a parsed JSON value has the shape of a GraphQL request.
 *
 * @throws GatewayError that names the wrong parameter.
 */
export function checkParams(params: unknown, findDocument: FindDocument): RequestParams {
  if (!isRecord(params)) throw refusal('BAD_REQUEST', 'The request must be a JSON object.');
  const { query, operationName, variables, extensions } = params;
  if (query != null && typeof query !== 'string')
    throw refusal('BAD_REQUEST', 'The parameter "query" must be a string.');
  if (operationName != null && typeof operationName !== 'string') {
    throw refusal('BAD_REQUEST', 'The parameter "operationName" must be a string.');
  }
  if (hasHugeObject(variables)) {
    const message = `The parameter "variables" has an object of more than ${maxFields} fields: no input type has so many.`;
    throw refusal('BAD_REQUEST', message);
  }
  const read = {
    // An empty field of a form. No operation has an empty name.
    ...(operationName && { operationName }),
    ...optionalRecord('variables', variables),
    ...optionalRecord('extensions', extensions),
  };
  return { query: findDocument({ query: query || undefined, sha256Hash: hashIn(extensions) }), ...read };
}

/**
 * graphql-js repeats the whole object in up to 50 errors, one for each unknown field. An object of 20,000 fields blocked
 * the event loop for a second.
 */
const maxFields = 1_000;

function hasHugeObject(value: unknown): boolean {
  const rest = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    if (typeof next !== 'object' || next === null) continue;
    const values = Object.values(next);
    if (values.length > maxFields && !Array.isArray(next)) return true;
    for (const each of values) rest.push(each);
  }
  return false;
}

/** The hash of the document in the extension that Apollo Client defined, and other clients use too. */
export function hashIn(extensions: unknown): string | undefined {
  const persisted = isRecord(extensions) ? extensions['persistedQuery'] : undefined;
  const hash = isRecord(persisted) ? persisted['sha256Hash'] : undefined;
  return typeof hash === 'string' ? hash : undefined;
}

function optionalRecord(name: string, value: unknown): Record<string, Record<string, unknown>> {
  if (value == null) return {};
  if (!isRecord(value)) throw refusal('BAD_REQUEST', `The parameter "${name}" must be an object.`);
  return { [name]: value };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
