/** Messages that quote what was sent or received, and how much of each may be logged. */
const quoting: Record<string, (message: string) => string> = {
  // Ends in the complaint; before that come the arguments of the query.
  PrismaClientValidationError: (message) => message.slice(message.lastIndexOf('\n') + 1),
  // "JSON parsing failed: Text: …", "Type validation failed: Value: …", "Invalid prompt: …"
  AI_JSONParseError: upToColon,
  AI_TypeValidationError: upToColon,
  AI_InvalidPromptError: upToColon,
  AI_InvalidResponseDataError: upToColon,
  // "Unexpected token 'h', "hello" is not valid JSON"
  SyntaxError: (message) =>
    message.replace(/,? *(\.\.\.)?".*"(\.\.\.)? is not valid JSON/s, ' is not valid JSON'),
};

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
  return describe(error, 4);
}

function describe(error: unknown, depth: number): LoggedError {
  if (!(error instanceof Error))
    return { type: typeof error, message: 'something that is no Error was thrown' };
  const { name, message, stack, cause } = error;
  const abridged = Object.hasOwn(quoting, name) ? quoting[name]?.(message) : message;
  const code = 'code' in error ? error.code : undefined;
  const statusCode = 'statusCode' in error ? error.statusCode : undefined;
  return {
    type: name,
    message: (abridged ?? message).slice(0, longestMessage),
    ...((typeof code === 'string' || typeof code === 'number') && { code }),
    ...(typeof statusCode === 'number' && { statusCode }),
    ...(stack !== undefined && { stack: frames(stack) }),
    ...(cause !== undefined && depth > 1 && { cause: describe(cause, depth - 1) }),
  };
}

// A stack begins with the message in full.
function frames(stack: string): string {
  return stack
    .split('\n')
    .filter((line) => /^ +at /.test(line))
    .join('\n');
}

function upToColon(message: string): string {
  return message.split(':', 1)[0] ?? '';
}
