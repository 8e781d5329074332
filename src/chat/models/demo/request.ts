import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  LanguageModelV3Prompt,
} from '@ai-sdk/provider';

/** The parts of a model call that the demo model answers to. It ignores earlier messages. */
export interface DemoRequest {
  prompt: string;
  tools: LanguageModelV3FunctionTool[];
  /** The result of the tool that the demo model has called for this prompt. */
  result: string | undefined;
}

export function readRequest({ prompt, tools = [] }: LanguageModelV3CallOptions): DemoRequest {
  const newest = prompt.findLast(({ role }) => role === 'user');
  const last = prompt.at(-1);
  return {
    prompt: newest === undefined ? '' : textsOf(newest).join('').trim(),
    tools: tools.filter((tool) => tool.type === 'function'),
    result: last?.role === 'tool' ? textsOf(last).join('\n') : undefined,
  };
}

/** All texts that count as input tokens. */
export function textsIn({ prompt, tools = [] }: LanguageModelV3CallOptions): string[] {
  return [...prompt.flatMap(textsOf), ...tools.map((tool) => JSON.stringify(tool))];
}

function textsOf(message: LanguageModelV3Prompt[number]): string[] {
  if (message.role === 'system') return [message.content];
  return message.content.map((part) => {
    if (part.type === 'text') return part.text;
    if (part.type === 'tool-call') return `${part.toolName} ${JSON.stringify(part.input)}`;
    if (part.type !== 'tool-result') return '';
    const { output } = part;
    if (output.type === 'execution-denied') return output.reason ?? '';
    return typeof output.value === 'string' ? output.value : JSON.stringify(output.value);
  });
}
