import type { LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import type { ToolCall } from '../../generated/prisma/client.ts';

export type EndedCall = Pick<ToolCall, 'callId' | 'name' | 'status' | 'result' | 'exitCode'>;

/**
 * The part of a message that shows the model a tool's result. The text of a failed call contains its exit code, because
 * not every provider has a flag for failure, and a program may fail without printing anything.
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
