import type { LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import type { ToolCall } from '../../generated/prisma/client.ts';

export type EndedCall = Pick<ToolCall, 'callId' | 'name' | 'status' | 'result' | 'exitCode'>;

/**
 * What a model is shown of a tool call. Not every provider has a flag for a call that failed, and a program may
 * fail without a word: the exit code says it.
 */
export function toolResultPart({
  callId,
  name,
  status,
  result,
  exitCode,
}: EndedCall): LanguageModelV3ToolResultPart {
  const text = result ?? 'Interrupted.';
  const end = status === 'FAILED' && exitCode !== null ? `[exit code ${exitCode}]` : '';
  const separator = text === '' || end === '' || text.endsWith('\n') ? '' : '\n';
  return {
    type: 'tool-result',
    toolCallId: callId,
    toolName: name,
    output: {
      type: status === 'SUCCEEDED' ? 'text' : 'error-text',
      value: `${text}${separator}${end}` || '[no output]',
    },
  };
}
