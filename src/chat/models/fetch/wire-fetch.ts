import { withLongIntegers } from '../../../base/long-integers.ts';
import { reportLife } from '../call/call-watch.ts';
import { classifyProviderError, codeOfReport } from '../failure/classify-provider-error.ts';
import { ProviderError } from '../failure/provider-error.ts';
import { readResponse } from '../wire/read-response.ts';
import { shortcutOf } from '../wire/text-shortcut.ts';
import type { WireFormat } from '../wire/wire-format.ts';

/**
 * Creates the `fetch` for the package of a provider. It reads every response in the provider's wire format, and hands
 * on what the package accepts.
 *
 * @param send Sends the request.
 * @param createFormat Creates the reader of one response.
 */
export function createWireFetch(send: typeof fetch, createFormat: () => WireFormat): typeof fetch {
  return async (input, init) => {
    const response = await send(input, withExactBody(init));
    const { signal } = init ?? {};
    const shortcut = signal ? shortcutOf(signal) : undefined;
    return readResponse(response, {
      format: createFormat(),
      shortcut,
      redact: createRedaction(new Headers(init?.headers)),
      classify: (report) => (codeOfReport(report) ?? 'PROVIDER_BAD_RESPONSE').toLowerCase(),
      onLife: () => signal && reportLife(signal),
      describeBreak(error) {
        if (signal?.aborted || error instanceof ProviderError) return undefined;
        const { code } = classifyProviderError(error, 'PROVIDER_STREAM_CUT');
        return { message: undefined, signs: code.toLowerCase() };
      },
    });
  };
}

/** The arguments of tool calls in the prompt may have long integers. */
function withExactBody(init: RequestInit | undefined): RequestInit | undefined {
  return typeof init?.body === 'string' ? { ...init, body: withLongIntegers(init.body) } : init;
}

/** Shorter values are no keys, and removing them would make texts unreadable. */
const shortestKey = 8;

const publicHeaders = /^(?:content-|accept|user-agent$|anthropic-)/;

/** Removes the request's own key from a text. Careless servers repeat it in their errors. */
function createRedaction(headers: Headers): (text: string) => string {
  // A server may want its key in a header of any name (OPENAI_HEADERS).
  const keys = [...headers]
    .filter(([name]) => !publicHeaders.test(name))
    .map(([, value]) => value.replace(/^\w+ /, ''))
    .filter((key) => key.length >= shortestKey);
  return (text) => keys.reduce((redacted, key) => redacted.replaceAll(key, '[…]'), text);
}
