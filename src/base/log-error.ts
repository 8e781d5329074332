/** Messages that quote what was sent or received, and how much of each may be logged. */
const quoting: Record<string, (message: string) => string> = {
  // Ends in the complaint; before that come the arguments of the query.
  PrismaClientValidationError: (message) => message.slice(message.lastIndexOf('\n') + 1),
  // "JSON parsing failed: Text: …", "Type validation failed: Value: …", "Invalid prompt: …"
  AI_JSONParseError: upToColon,
  AI_TypeValidationError: upToColon,
  AI_InvalidPromptError: upToColon,
  AI_InvalidResponseDataError: upToColon,
  // Said by a model provider, who may quote the key, the address and the conversation.
  AI_APICallError: () => 'The call failed.',
  // Its own sentence, a colon, and what the provider said.
  ProviderError: upToColon,
  // "Unexpected token 'h', "hello" is not valid JSON"
  SyntaxError: (message) =>
    message.replace(/,? *(\.\.\.)?".*"(\.\.\.)? is not valid JSON/s, ' is not valid JSON'),
};

/** A model provider's failures: no fault of ours, so that the place where they were met tells nothing. */
const ofProvider = /^(?:ProviderError$|AI_)/;

const longestMessage = 1_000;

export interface LoggedError {
  type: string;
  message: string;
  code?: string | number;
  statusCode?: number;
  stack?: string;
  cause?: LoggedError;
}

/**
 * What the log shows of an error. Other fields are left out: an error of a model provider carries the whole
 * request in them, prompt and all.
 */
export function describeError(error: unknown): LoggedError {
  return describe(error, 4, true);
}

function describe(error: unknown, depth: number, withPlace: boolean): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something that is no Error was thrown' };
  const { name, message, stack, cause } = error;
  const code = 'code' in error ? error.code : undefined;
  const statusCode = 'statusCode' in error ? error.statusCode : undefined;
  const placed = withPlace && !ofProvider.test(name);
  return {
    type: name,
    message: abridged(error).slice(0, longestMessage),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(stack !== undefined && placed && { stack: frames(stack, message) }),
    ...(cause !== undefined && depth > 1 && { cause: describe(cause, depth - 1, placed) }),
  };
}

function abridged(error: Error): string {
  const { name, message } = error;
  if (Object.hasOwn(quoting, name)) return quoting[name]?.(message) ?? message;
  // "connect ECONNREFUSED 10.0.0.7:8080": addresses of model servers are settings that are never shown.
  const toAddress = 'syscall' in error && ('address' in error || 'hostname' in error);
  return toAddress && 'code' in error ? `${error.syscall} ${error.code}` : message;
}

// A stack begins with the message in full, which may have lines that look like frames.
function frames(stack: string, message: string): string {
  const start = stack.indexOf(message);
  return stack
    .slice(start === -1 ? 0 : start + message.length)
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .join('\n');
}

function upToColon(message: string): string {
  return message.split(':', 1)[0] ?? '';
}
