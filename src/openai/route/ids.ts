import { cutText } from '../../base/cut-text.ts';
import { encodeId, maxId } from '../../base/global-id.ts';
import { ApiError } from '../../dialect/errors/api-error.ts';

/** The ids of this API are those of the database behind the prefixes that clients of OpenAI expect. */
const prefixes = {
  response: { prefix: 'resp_', type: 'Run' },
  conversation: { prefix: 'conv_', type: 'Session' },
  completion: { prefix: 'chatcmpl-', type: 'Run' },
} as const;

type Kind = keyof typeof prefixes;

/**
 * `resp_7` for the run 7. A run in which the client runs tools has several answers, one for each of its requests: behind
 * the tools of its second step, the id is `resp_7_2`.
 */
export function writeId(kind: Kind, id: number, step = 0): string {
  return `${prefixes[kind].prefix}${id}${step === 0 ? '' : `_${step}`}`;
}

/**
 * The Relay id of the row that an id names.
 *
 * @param param The parameter that has the id; left out for an id in the path.
 * @throws ApiError 404 for an id that no row can have.
 */
export function readId(kind: Exclude<Kind, 'response'>, text: string, param?: string): string {
  return read(kind, text, /^([1-9]\d{0,9})$/, param).id;
}

/** As `readId`, with the step of the run behind which the response begins; 0 for the first one. */
export function readResponseId(text: string, param?: string): { id: string; step: number } {
  return read('response', text, /^([1-9]\d{0,9})(?:_([1-9]\d{0,5}))?$/, param);
}

function read(kind: Kind, text: string, pattern: RegExp, param?: string): { id: string; step: number } {
  const { prefix, type } = prefixes[kind];
  const [, digits, step] = pattern.exec(text.startsWith(prefix) ? text.slice(prefix.length) : '') ?? [];
  if (digits === undefined || Number(digits) > maxId) throw notFound(kind, text, param);
  return { id: encodeId(type, Number(digits)), step: Number(step ?? 0) };
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
