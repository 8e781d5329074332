import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FunctionTool,
  LanguageModelV3Prompt,
  LanguageModelV3ToolResultPart,
} from '@ai-sdk/provider';

/** What the demo model knows of a session. */
export interface Conversation {
  system: string;
  /** Every prompt so far, the newest last. */
  prompts: string[];
  /** The tools it may call. */
  tools: LanguageModelV3FunctionTool[];
  /** What has come of the tools it called for the newest prompt, if it called any. */
  results: ToolResult[];
}

export interface ToolResult {
  toolName: string;
  args: Record<string, unknown>;
  succeeded: boolean;
  text: string;
}

export interface DemoAnswer {
  reasoning: string;
  /** In the pieces in which it is streamed, made as they are read. */
  text: Iterable<string>;
  /** A tool to call. */
  call?: { toolName: string; args: Record<string, string> };
}

type Message = LanguageModelV3Prompt[number];

export function readConversation({ prompt, tools = [] }: LanguageModelV3CallOptions): Conversation {
  const said = (role: string) => prompt.filter((message) => message.role === role).map(textOf);
  return {
    system: said('system').join('\n'),
    prompts: said('user'),
    tools: tools.filter((tool) => tool.type === 'function'),
    results: resultsAtTheEndOf(prompt),
  };
}

/** Everything a model has to read of a request. */
export function* textsIn({ prompt, tools = [] }: LanguageModelV3CallOptions): Generator<string> {
  for (const message of prompt) {
    yield textOf(message);
    if (message.role === 'system') continue;
    for (const part of message.content) {
      if (part.type === 'tool-call') yield `${part.toolName} ${JSON.stringify(part.input)}`;
      if (part.type === 'tool-result') yield outputText(part);
    }
  }
  for (const tool of tools) yield JSON.stringify(tool);
}

function textOf(message: Message): string {
  if (message.role === 'system') return message.content;
  return message.content.map((part) => (part.type === 'text' ? part.text : '')).join('');
}

function resultsAtTheEndOf(prompt: LanguageModelV3Prompt): ToolResult[] {
  const last = prompt.at(-1);
  if (last?.role !== 'tool') return [];
  const calls = prompt
    .flatMap((message) => (message.role === 'assistant' ? message.content : []))
    .filter((part) => part.type === 'tool-call');
  return last.content
    .filter((part) => part.type === 'tool-result')
    .map((part) => ({
      toolName: part.toolName,
      args: { ...(calls.findLast(({ toolCallId }) => toolCallId === part.toolCallId)?.input as object) },
      succeeded: !['error-text', 'error-json', 'execution-denied'].includes(part.output.type),
      text: outputText(part),
    }));
}

function outputText({ output }: LanguageModelV3ToolResultPart): string {
  if (output.type === 'execution-denied') return output.reason ?? '';
  return typeof output.value === 'string' ? output.value : JSON.stringify(output.value);
}
