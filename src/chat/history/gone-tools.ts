import type { LanguageModelV3FunctionTool } from '@ai-sdk/provider';
import type { Turn } from './answer-step.ts';
import { wireName } from './wire-names.ts';

/**
 * Declares the tools that earlier turns called and that no node offers now. Anthropic and others refuse a request with
 * tool calls that declares no tools. A model that calls one all the same is told that it is gone.
 */
export function goneTools(
  turns: readonly Turn[],
  offered: readonly LanguageModelV3FunctionTool[],
): LanguageModelV3FunctionTool[] {
  const gone = new Set<string>();
  for (const { steps } of turns) {
    for (const part of steps.flatMap(({ parts }) => parts)) {
      if (part.type === 'call') gone.add(wireName(part.name));
    }
  }
  for (const { name } of offered) gone.delete(name);
  return [...gone].toSorted().map((name) => ({
    type: 'function',
    name,
    description: 'This tool is gone: no machine offers it any more. Do not call it.',
    inputSchema: { type: 'object', properties: {} },
  }));
}
