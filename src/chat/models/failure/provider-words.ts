import type { RunFailureCode } from '../../log/run-event.ts';

/** How providers say that a prompt is too long: OpenAI, Anthropic, Google, vLLM, llama.cpp, Ollama, Mistral, LM Studio. */
const contextTooLong = new RegExp(
  [
    'context_length_exceeded|exceed_context_size|request_too_large|model_context_window_exceeded|string_above_max_length',
    'maximum (?:context|model|input|sequence|prompt) len',
    'max(?:imum)?[ _]model[ _]len',
    'context[ _](?:length|limit|size|window)',
    '(?:exceed|over)\\w* .{0,40}(?:context|n_ctx|max_tokens_limit)',
    '(?:prompt|input|request|conversation|messages?|sequence) (?:is|are|has become) too (?:long|large)',
    'too (?:long|large) for (?:this|the) model',
    '(?:entity|payload|body) (?:is )?too large',
    'too many (?:input )?tokens',
    'input (?:length|token count|tokens exceed)',
    '(?:prompt|input) (?:contains|has) \\d+ tokens',
    'reduce the (?:length|size) of (?:the|your) (?:messages|prompt|input)',
    'tokens? .{0,30}(?:exceed|greater than|larger than|longer than) .{0,30}(?:max|limit|allowed|context|length)',
    'trying to keep the first \\d+ tokens when context',
  ].join('|'),
  'i',
);

export function saysContextTooLong(text: string): boolean {
  return contextTooLong.test(text);
}

/** A quota or a balance that is used up: waiting does not help, so the call is not retried. */
const usedUp =
  /insufficient_quota|billing_hard_limit|(?:credit )?balance (?:is )?(?:too low|insufficient)|(?:insufficient|out of|no|not enough) (?:credits?|balance|funds)|quota used up/i;

export function saysUsedUp(text: string): boolean {
  return usedUp.test(text);
}

/** The error types, codes and statuses of OpenAI, Anthropic and Google, and of servers that imitate them. */
const bySign: readonly (readonly [RegExp, RunFailureCode])[] = [
  [/rate_limit|insufficient_quota|resource_exhausted|too_many_requests|\b429\b/, 'PROVIDER_RATE_LIMITED'],
  [
    /authentication|permission|unauthenticated|api_key_invalid|invalid_api_key|\b40[13]\b/,
    'PROVIDER_UNAUTHORIZED',
  ],
  [/overloaded|unavailable|api_error|server_error|internal|timeout|\b5\d\d\b/, 'PROVIDER_UNAVAILABLE'],
  [
    /invalid_request|invalid_prompt|invalid_argument|bad_?request|not_found|billing|content_filter|\b4\d\d\b/,
    'PROVIDER_REJECTED',
  ],
];

/** What a provider says in a sentence, where it names no type. */
const byWords: readonly (readonly [RegExp, RunFailureCode])[] = [
  [
    /rate.?limit|too many requests|quota|requests? per (?:second|minute|day)|tokens? per (?:minute|day)|slow down/,
    'PROVIDER_RATE_LIMITED',
  ],
  [
    /(?:invalid|incorrect|missing|wrong|expired|no|revoked) (?:api|access|auth)[ _-]?(?:key|token)|api[ _-]?key (?:is |was )?(?:not valid|invalid|missing|expired|required)|unauthori[sz]ed|unauthenticated|authentication|invalid (?:credentials|bearer)|not authori[sz]ed|forbidden/,
    'PROVIDER_UNAUTHORIZED',
  ],
  [
    /model .{0,100}(?:not found|does not exist|not exist|not supported|not available)|(?:no such|unknown|invalid|unsupported) model|try pulling it/,
    'PROVIDER_REJECTED',
  ],
  [/content (?:filter|management|policy)|safety|moderation|flagged|blocked by/, 'PROVIDER_REJECTED'],
  [/insufficient|not enough credit|payment required|billing|balance/, 'PROVIDER_REJECTED'],
  [
    /overloaded|over(?:loaded)? capacity|at capacity|no capacity|busy|unavailable|bad gateway|time[d -]? ?out|internal (?:server )?error|upstream|try again|loading model|connection (?:refused|reset|error)|out of memory|disconnected|no healthy|crashed/,
    'PROVIDER_UNAVAILABLE',
  ],
  [/bad request|invalid|unsupported|not support|must be|is required|not found/, 'PROVIDER_REJECTED'],
];

export function codeBySigns(signs: string): RunFailureCode | undefined {
  return bySign.find(([pattern]) => pattern.test(signs))?.[1];
}

export function codeByWords(words: string): RunFailureCode | undefined {
  const lower = words.toLowerCase();
  return byWords.find(([pattern]) => pattern.test(lower))?.[1];
}
