import { RefusalMemory } from '../refusals/refusal-memory.ts';
import { readErrorReport } from '../wire/error-report.ts';
import { fieldsOf, parseJson, textOf } from '../wire/fields.ts';

type Body = Record<string, unknown>;

/** Changes a request's body in place, so that a server takes it that refused it before. */
interface Remedy {
  /** The field of the body that is refused. */
  field: string;
  /** What the refusal says beside the name of the field. Default: anything. */
  says?: RegExp;
  /** The field that takes the value instead. Default: the value is left out. */
  instead?: string;
}

const isUnsupported =
  /n[o']t (?:\w+ )?(?:support|allow|permit|accept|available)|unsupported|extra[_ ](?:forbidden|inputs)|unrecogni[sz]ed|unknown|unexpected|deprecated|only the default|not a valid (?:field|parameter)/i;

/** In the order in which they are tried. Every field here is one that an answer can do without. */
const remedies: readonly Remedy[] = [
  // Older vLLM, LM Studio, Azure, Mistral. Its value cannot be wrong. Without it the gateway estimates the tokens.
  { field: 'stream_options' },
  // OpenAI's reasoning models, also behind Azure and proxies, want the new name. Older servers know only the old one.
  { field: 'max_tokens', says: /max_completion_tokens/, instead: 'max_completion_tokens' },
  { field: 'max_completion_tokens', says: isUnsupported, instead: 'max_tokens' },
  // Reasoning models take only the default.
  { field: 'temperature', says: isUnsupported },
  { field: 'parallel_tool_calls', says: isUnsupported },
  { field: 'reasoning_effort', says: isUnsupported },
];

/**
 * Creates a `fetch` for one provider that sends a request again without a field that the server refuses by name with
 * 400, 404 or 422, and remembers that for the model of the request. The refusal is returned if that does not help.
 */
export function createTolerantFetch(send: typeof fetch): typeof fetch {
  const learned = new RefusalMemory<ReadonlySet<Remedy>>();
  return async (url, init) => {
    if (typeof init?.body !== 'string') return send(url, init);
    const sent = init.body;
    const model = modelOf(sent);
    const applied = new Set(learned.recall(model));
    const recalled = applied.size;
    let refusal: Refusal | undefined;
    // Only a request that is changed is parsed: a context may have millions of characters.
    let parsed: Body | undefined;
    const asked = () => (parsed ??= fieldsOf(parseJson(sent)));
    for (;;) {
      const body = applied.size === 0 ? sent : JSON.stringify(remedied(asked(), applied));
      const response = await send(url, { ...init, body });
      if (response.ok && applied.size > recalled) learned.remember(model, applied);
      if (![400, 404, 422].includes(response.status)) return response;
      const latest = await readRefusal(response);
      // What was tried did not help: the first refusal says most.
      refusal ??= latest;
      const remedy = remedies.find(
        (each) => !applied.has(each) && helps(each, latest, remedied(asked(), applied)),
      );
      if (remedy === undefined) return toResponse(refusal);
      applied.add(remedy);
    }
  };
}

/** The model of a request. The packages of the providers write it first, before a prompt of any length. */
function modelOf(body: string): string {
  const first = /^\{"model":("(?:[^"\\]|\\.){0,1000}")[,}]/.exec(body)?.[1];
  return textOf(first === undefined ? fieldsOf(parseJson(body))['model'] : parseJson(first));
}

interface Refusal extends Pick<Response, 'status' | 'statusText' | 'headers'> {
  text: string;
}

async function readRefusal(response: Response): Promise<Refusal> {
  const { status, statusText, headers } = response;
  return { status, statusText, headers, text: await response.text() };
}

function toResponse({ text, ...options }: Refusal): Response {
  return new Response(text, options);
}

function helps({ field, says }: Remedy, { text }: Refusal, body: Body): boolean {
  if (body[field] === undefined) return false;
  const named = /"param"\s*:\s*"([^"]{1,200})"/.exec(text)?.[1] ?? '';
  const words = `${readErrorReport(text).message ?? ''} ${named}`;
  return new RegExp(`\\b${field}\\b`).test(words) && (says?.test(words) ?? true);
}

function remedied(asked: Body, applied: ReadonlySet<Remedy>): Body {
  const body = { ...asked };
  for (const { field, instead } of applied) {
    if (instead !== undefined && body[field] !== undefined) body[instead] = body[field];
    delete body[field];
  }
  return body;
}
