import { createOutboundFetch } from '../../base/outbound-fetch.ts';
import { createAddressedFetch, toAddress, withHeaders } from './fetch/addressed-fetch.ts';
import { createBoundedFetch } from './fetch/bounded-fetch.ts';
import { anthropicUrl, googleUrl, openaiUrl, type ProvidersOptions } from './model-providers.ts';

/** A model server that does not answer as one. */
export interface AwayServer {
  providerName: string;
  /** Without its query, which may hold a key. */
  url: string;
  /** Half a sentence: "nothing listens there (ECONNREFUSED)". */
  reason: string;
}

/** How long a server may take to list its models, in milliseconds. */
const timeoutMs = 3_000;

/** What an operator can make of the codes with which connecting fails. */
const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up',
  ECONNRESET: 'the connection broke off',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'the host does not answer',
  UND_ERR_SOCKET: 'the connection broke off',
};

/**
 * Asks each OpenAI-compatible server for its models. Never rejects. A server that has no list of models, or refuses to
 * give it for another reason than the key, is not away.
 */
export async function findAwayServers(options: ProvidersOptions): Promise<AwayServer[]> {
  const { openaiCompatible, servers = {}, proxies } = options;
  const all = { ...(openaiCompatible && { 'openai-compatible': openaiCompatible }), ...servers };
  const send = createBoundedFetch(createOutboundFetch(proxies));
  const checked = Object.entries(all).map(
    async ([providerName, { baseUrl: setting, apiKey, headers = {} }]) => {
      const { baseUrl: url, query } = toAddress(setting);
      const ask = withHeaders(createAddressedFetch(send, query), headers);
      const reason = await reasonOf(
        ask(`${url}/models`, {
          headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
          signal: AbortSignal.timeout(timeoutMs),
        }),
      );
      return reason === undefined ? [] : [{ providerName, url, reason }];
    },
  );
  return (await Promise.all(checked)).flat();
}

/**
 * The same for the providers on the internet that are configured: a key that is refused, or an address that does not
 * answer. A list of models costs no tokens.
 */
export async function findAwayProviders(options: ProvidersOptions): Promise<AwayServer[]> {
  const { openai, anthropic, google, proxies } = options;
  const send = createBoundedFetch(createOutboundFetch(proxies));
  const check = async (providerName: string, setting: string, headers: Record<string, string>) => {
    const { baseUrl: url, query } = toAddress(setting);
    const ask = createAddressedFetch(send, query);
    const asked = ask(`${url}/models`, { headers, signal: AbortSignal.timeout(timeoutMs) });
    // Google answers 400 to a key that it does not know.
    const reason = await reasonOf(asked, providerName === 'google' ? [400, 401, 403] : undefined);
    return reason === undefined ? [] : [{ providerName, url, reason }];
  };
  const checked = [
    openai && check('openai', openai.baseUrl ?? openaiUrl, { authorization: `Bearer ${openai.apiKey}` }),
    anthropic &&
      check('anthropic', anthropic.baseUrl ?? anthropicUrl, {
        'x-api-key': anthropic.apiKey,
        'anthropic-version': '2023-06-01',
      }),
    google && check('google', google.baseUrl ?? googleUrl, { 'x-goog-api-key': google.apiKey }),
  ];
  return (await Promise.all(checked)).flatMap((found) => found ?? []);
}

/** @param refusals The statuses with which the server refuses a key. */
async function reasonOf(
  asked: Promise<Response>,
  refusals: readonly number[] = [401, 403],
): Promise<string | undefined> {
  try {
    const { status, body } = await asked;
    await body?.cancel();
    if (refusals.includes(status)) return `it refuses the key (${status})`;
    return status >= 500 ? `it answers with status ${status}` : undefined;
  } catch (error) {
    return failureOf(error);
  }
}

function failureOf(error: unknown): string {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each.name === 'TimeoutError') return `it does not answer within ${timeoutMs / 1_000} s`;
    const code = 'code' in each ? String(each.code) : '';
    if (Object.hasOwn(reasons, code)) return `${reasons[code]} (${code})`;
    if (/^[A-Z_]{4,60}$/.test(code)) return `it cannot be reached (${code})`;
  }
  return error instanceof Error && error.name === 'ProviderError' ? error.message : 'it cannot be reached';
}
