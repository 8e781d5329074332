import { countOf } from '../../usage/count-of.ts';
import { type ErrorReport, errorIn } from './error-report.ts';
import { type Fields, fieldsOf, firstText, isFields, listOf, textOf } from './fields.ts';
import { argumentsOf, unnamedTool } from './tool-call-fragments.ts';
import type { WireFormat, WireReading } from './wire-format.ts';

/** Google's streamGenerateContent. It has no end mark: the finish reason says that the answer is whole. */
export class GoogleFormat implements WireFormat {
  hasAnswer = false;
  isFinished = false;

  read(chunk: Fields, event: string | undefined): WireReading {
    const values: object[] = [];
    const candidate = fieldsOf(listOf(chunk['candidates'])[0]);
    const blockReason = firstText(fieldsOf(chunk['promptFeedback'])['blockReason']);
    const finishReason = firstText(candidate['finishReason']);
    if ('candidates' in chunk || 'promptFeedback' in chunk || 'usageMetadata' in chunk) {
      this.hasAnswer = true;
      values.push({
        responseId: firstText(chunk['responseId']) || undefined,
        candidates: [candidateOf(candidate, finishReason)],
        usageMetadata: usageOf(fieldsOf(chunk['usageMetadata'])),
        ...(blockReason === '' ? {} : { promptFeedback: { blockReason } }),
      });
    }
    if (finishReason !== '' || blockReason !== '') this.isFinished = true;
    return { values, failure: errorIn(chunk, event) };
  }

  finish(): object[] {
    if (this.isFinished) return [];
    this.isFinished = true;
    return [{ candidates: [{ finishReason: 'STOP' }] }];
  }

  failure({ message, signs }: ErrorReport): object {
    return { error: { code: null, message: message ?? '', status: signs } };
  }
}

function candidateOf(candidate: Fields, finishReason: string): object {
  const { content, finishMessage, continuationToken } = candidate;
  const parts = listOf(fieldsOf(content)['parts']).flatMap((part) => partOf(fieldsOf(part)));
  return {
    content: { parts },
    ...(finishReason === '' ? {} : { finishReason }),
    ...(typeof finishMessage === 'string' ? { finishMessage } : {}),
    ...(typeof continuationToken === 'string' ? { continuationToken } : {}),
  };
}

/** Parts that the gateway asks for: text, reasoning and tool calls. Others are skipped. */
function partOf(part: Fields): object[] {
  const { functionCall, text, thought } = part;
  const signature = firstText(part['thoughtSignature']);
  const signed = signature === '' ? {} : { thoughtSignature: signature };
  if (isFields(functionCall)) return [{ functionCall: callOf(functionCall), ...signed }];
  if (text === undefined && signature === '') return [];
  return [{ text: textOf(text), ...(thought === true ? { thought } : {}), ...signed }];
}

/** Arguments that come whole are passed as JSON: the package would fail to write those that nest too deep. */
function callOf(call: Fields): object {
  const { args, partialArgs, willContinue } = call;
  const id = textOf(call['id']);
  const name = firstText(call['name']).trim();
  const isPiece = Array.isArray(partialArgs) || typeof willContinue === 'boolean';
  const isEndOfPieces = name === '' && (args === undefined || args === null);
  if (isPiece || isEndOfPieces) return call;
  return { ...(id === '' ? {} : { id }), name: name || unnamedTool, args: argumentsOf(args ?? {}) };
}

const usageFields = [
  'promptTokenCount',
  'candidatesTokenCount',
  'thoughtsTokenCount',
  'cachedContentTokenCount',
  'toolUsePromptTokenCount',
  'totalTokenCount',
];

function usageOf(usage: Fields): object | undefined {
  const counts = usageFields
    .map((name) => [name, countOf(usage[name])] as const)
    .filter(([, count]) => count !== undefined);
  return counts.length === 0 ? undefined : Object.fromEntries(counts);
}
