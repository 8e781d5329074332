/** A failure in the form of OpenAI's API: what its clients make an error of. */
export interface OpenAiFailure {
  error: {
    /** A sentence for people. */
    message: string;
    /** What kind of failure it is, in OpenAI's words. */
    type: string;
    /** The parameter of the request that is at fault: `messages[0].content`. Null: none is. */
    param: string | null;
    /** What has failed, as a fixed name for programs. */
    code: string | null;
  };
}

/** OpenAI's words for what clients of it look for. Every other code is written in small letters. */
const openAiCodes: Record<string, string> = {
  UNAUTHENTICATED: 'invalid_api_key',
  RATE_LIMITED: 'rate_limit_exceeded',
  PROVIDER_RATE_LIMITED: 'rate_limit_exceeded',
  CONTEXT_TOO_LONG: 'context_length_exceeded',
};

/** @param code A code of the gateway: `RATE_LIMITED`. */
export function openAiCode(code: string): string {
  return openAiCodes[code] ?? code.toLowerCase();
}

/** @param code The code in the words of OpenAI. */
export function openAiFailure(
  status: number,
  message: string,
  { code = null, param = null }: { code?: string | null; param?: string | null } = {},
): OpenAiFailure {
  return { error: { message, type: typeOf(status), param, code } };
}

function typeOf(status: number): string {
  if (status >= 500) return 'server_error';
  if (status === 429) return 'rate_limit_error';
  return status === 403 ? 'permission_error' : 'invalid_request_error';
}
