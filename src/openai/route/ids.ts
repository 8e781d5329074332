import { cutText } from '../../base/cut-text.ts';
import { encodeId, maxId } from '../../base/global-id.ts';
import { ApiError } from '../errors/api-error.ts';

/** The ids of this API are those of the database behind the prefixes that clients of OpenAI expect. */
const prefixes = {
  response: { prefix: 'resp_', type: 'Run' },
  conversation: { prefix: 'conv_', type: 'Session' },
  completion: { prefix: 'chatcmpl-', type: 'Run' },
} as const;

type Kind = keyof typeof prefixes;

/** `resp_7` for the run 7. */
export function writeId(kind: Kind, id: number): string {
  return `${prefixes[kind].prefix}${id}`;
}

/**
 * The Relay id of the row that an id names.
 *
 * @param param The parameter that has the id; left out for an id in the path.
 * @throws ApiError 404 for an id that no row can have.
 */
export function readId(kind: Kind, text: string, param?: string): string {
  const { prefix, type } = prefixes[kind];
  const digits = text.startsWith(prefix) ? text.slice(prefix.length) : '';
  if (!/^[1-9]\d{0,9}$/.test(digits) || Number(digits) > maxId) throw notFound(kind, text, param);
  return encodeId(type, Number(digits));
}

export function notFound(kind: Kind, id: string, param?: string): ApiError {
  const noun = kind[0]?.toUpperCase() + kind.slice(1);
  // OpenAI says so too: with 400 where a parameter names what does not exist.
  const [status, code] =
    param === undefined
      ? [404, 'not_found']
      : [400, `${kind === 'response' ? 'previous_response' : kind}_not_found`];
  return new ApiError(status, `${noun} with id '${cutText(id, 100)}' not found.`, {
    code,
    param: param ?? null,
  });
}
