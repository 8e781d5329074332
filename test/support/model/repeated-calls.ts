import type { ModelRequest } from './model-server.ts';

/** A tool call in a request, with what the request repeats of the response that made it. */
export interface RepeatedCall {
  /** The number in its arguments. */
  n: number;
  thought: string | undefined;
  signature: string | undefined;
}

/** The tool calls of a request, in the format of its provider. */
export function repeatedCalls({ format, body }: ModelRequest): RepeatedCall[] {
  return {
    openai: openaiCalls,
    'openai-responses': responsesCalls,
    anthropic: anthropicCalls,
    google: googleCalls,
  }[format](body);
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads what it asked for
type Json = any;

function openaiCalls({ messages }: Json): RepeatedCall[] {
  return messages.flatMap(({ tool_calls: calls = [], reasoning_content: thought }: Json) =>
    calls.map((call: Json) => ({
      n: JSON.parse(call.function.arguments).n,
      thought,
      signature: call.extra_content?.google?.thought_signature,
    })),
  );
}

/** A call repeats the encrypted reasoning that stands before it in its response. */
function responsesCalls({ input }: Json): RepeatedCall[] {
  let reasoning: Json;
  return input.flatMap((item: Json) => {
    if (item.type === 'reasoning') reasoning = item;
    if (item.role === 'user' || item.type === 'function_call_output') reasoning = undefined;
    if (item.type !== 'function_call') return [];
    const signature = reasoning?.encrypted_content;
    return { n: JSON.parse(item.arguments).n, thought: reasoning?.summary?.[0]?.text, signature };
  });
}

function anthropicCalls({ messages }: Json): RepeatedCall[] {
  return messages.flatMap(({ content }: Json) => {
    const thinking = content.find(({ type }: Json) => type === 'thinking');
    return content
      .filter(({ type }: Json) => type === 'tool_use')
      .map(({ input }: Json) => ({
        n: input.n,
        thought: thinking?.thinking,
        signature: thinking?.signature,
      }));
  });
}

function googleCalls({ contents }: Json): RepeatedCall[] {
  return contents.flatMap(({ parts }: Json) => {
    const thought = parts.find((part: Json) => part.thought)?.text;
    return parts
      .filter(({ functionCall }: Json) => functionCall)
      .map((part: Json) => ({ n: part.functionCall.args.n, thought, signature: part.thoughtSignature }));
  });
}
