import type {
  LanguageModelV3CallOptions,
  LanguageModelV3FilePart,
  LanguageModelV3FunctionTool,
  LanguageModelV3Prompt,
  LanguageModelV3TextPart,
} from '@ai-sdk/provider';

/** The parts of a model call that the demo model answers to. It ignores earlier messages. */
export interface DemoRequest {
  prompt: string;
  /** A few words for each file that came with the prompt. */
  files: string[];
  tools: LanguageModelV3FunctionTool[];
  /** The result of the tool that the demo model has called for this prompt. */
  result: string | undefined;
}

export function readRequest({ prompt, tools = [] }: LanguageModelV3CallOptions): DemoRequest {
  const newest = prompt.findLast(({ role }) => role === 'user');
  const last = prompt.at(-1);
  return {
    prompt: newest === undefined ? '' : textsOf(newest).map(withoutFiles).join('').trim(),
    files: newest?.role === 'user' ? newest.content.flatMap(filesIn) : [],
    tools: tools.filter((tool) => tool.type === 'function'),
    result: last?.role === 'tool' ? textsOf(last).join('\n') : undefined,
  };
}

/** The gateway writes text files before the prompt, or each as a part of its own. */
const fileEnd = '\n</file>';

function withoutFiles(text: string): string {
  const end = text.startsWith('<file ') ? text.lastIndexOf(fileEnd) : -1;
  return end === -1 ? text : text.slice(end + fileEnd.length);
}

function filesIn(part: LanguageModelV3TextPart | LanguageModelV3FilePart): string[] {
  if (part.type === 'text') {
    return Array.from(part.text.matchAll(/^<file name=("[^"\n]*")>$/gm), ([, name = '']) => `${name} (text)`);
  }
  const name = part.filename === undefined ? 'a file' : JSON.stringify(part.filename);
  return [`${name} (${part.mediaType})`];
}

/** All texts that count as input tokens. */
export function* textsIn({ prompt, tools = [] }: LanguageModelV3CallOptions): Generator<string> {
  for (const message of prompt) yield* textsOf(message);
  for (const tool of tools) yield JSON.stringify(tool);
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
