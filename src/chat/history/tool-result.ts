import type { LanguageModelV3ToolResultPart } from '@ai-sdk/provider';
import { isBlank } from '../../base/is-blank.ts';
import { passLongIntegers, writeJson } from '../../base/long-integers.ts';
import type { CallPart } from './answer-step.ts';

/**
 * The part of a message that shows the model a tool's result. Providers refuse a call without a result, so a call that
 * never ended gets one.
 */
export function toolResultPart(call: CallPart): LanguageModelV3ToolResultPart {
  const type = call.result?.status === 'SUCCEEDED' ? 'text' : 'error-text';
  const output = { type, value: resultText(call) } as const;
  return { type: 'tool-result', toolCallId: call.callId, toolName: call.name, output };
}

/**
 * The result of a tool call in words. The text of a failed call contains its exit code, because not every provider has
 * a flag for failure, and a program may fail without printing anything. The model must know that a person has changed
 * its arguments, because it is shown the call as it made it.
 */
export function resultText(call: CallPart): string {
  return noteOfChange(call.result?.changedArgs) + resultAlone(call);
}

function noteOfChange(changedArgs: unknown): string {
  if (changedArgs == null) return '';
  const args = writeJson(passLongIntegers(changedArgs));
  return `[The user changed the arguments of this call to ${args}.]\n`;
}

function resultAlone({ result: ended }: CallPart): string {
  const text = ended?.result ?? 'Interrupted.';
  const exitCode = ended?.status === 'FAILED' ? ended.exitCode : null;
  const end = exitCode === null ? '' : `[exit code ${exitCode}]`;
  const separator = text === '' || end === '' || text.endsWith('\n') ? '' : '\n';
  const whole = `${text}${separator}${end}`;
  if (!isBlank(whole)) return whole;
  return whole === '' ? '[no output]' : '[nothing but white space]';
}
