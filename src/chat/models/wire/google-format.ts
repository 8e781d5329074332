import { countOf } from '../../usage/count-of.ts';
import { type ErrorReport, errorIn } from './error-report.ts';
import { type Fields, fieldsOf, firstText, isFields, listOf, objectsOf, textOf } from './fields.ts';
import { type Ending, endingOf } from './finish-reason.ts';
import { argumentsOf, unnamedTool } from './tool-call-fragments.ts';
import type { WireFormat, WireReading } from './wire-format.ts';

/** Google's streamGenerateContent. It has no end mark: the finish reason says that the answer is whole. */
export class GoogleFormat implements WireFormat {
  hasAnswer = false;
  isFinished = false;

  read(chunk: Fields, event: string | undefined): WireReading {
    const values: object[] = [];
    const candidate = objectsOf(chunk['candidates'])[0] ?? {};
    const blockReason = firstText(fieldsOf(chunk['promptFeedback'])['blockReason']);
    const finishReason = ownWord(firstText(candidate['finishReason']));
    if ('candidates' in chunk || 'promptFeedback' in chunk || 'usageMetadata' in chunk) {
      this.hasAnswer = true;
      values.push({
        responseId: firstText(chunk['responseId']) || undefined,
        candidates: [candidateOf(candidate, failures.has(finishReason) ? '' : finishReason)],
        usageMetadata: usageOf(fieldsOf(chunk['usageMetadata'])),
        ...(blockReason === '' ? {} : { promptFeedback: { blockReason } }),
      });
    }
    const failure = errorIn(chunk, event) ?? failureOf(candidate, finishReason);
    if (failure === undefined && (finishReason !== '' || blockReason !== '')) this.isFinished = true;
    return { values, failure };
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

const ownWords: Record<Ending, string> = {
  whole: 'STOP',
  length: 'MAX_TOKENS',
  filter: 'SAFETY',
  failure: 'ERROR',
};

/** Proxies write finish reasons in small letters, or in OpenAI's words. */
function ownWord(finishReason: string): string {
  const ending = endingOf(finishReason);
  return ending === undefined ? finishReason.toUpperCase() : ownWords[ending];
}

/** Finish reasons with which nothing that the model wrote can be used, and most often it has written nothing. */
const failures: ReadonlySet<string> = new Set([
  'MALFORMED_FUNCTION_CALL',
  'MALFORMED_RESPONSE',
  'UNEXPECTED_TOOL_CALL',
  'TOO_MANY_TOOL_CALLS',
  'MISSING_THOUGHT_SIGNATURE',
  ownWords.failure,
]);

function failureOf({ finishMessage }: Fields, finishReason: string): ErrorReport | undefined {
  if (!failures.has(finishReason)) return undefined;
  const isProvider = finishReason === ownWords.failure;
  return {
    message: firstText(finishMessage) || (isProvider ? undefined : finishReason),
    signs: isProvider ? 'provider_unavailable' : 'provider_bad_response',
  };
}

function candidateOf(candidate: Fields, finishReason: string): object {
  const { content, finishMessage, continuationToken } = candidate;
  const parts = partsIn(content).flatMap(partOf);
  return {
    content: { parts },
    ...(finishReason === '' ? {} : { finishReason }),
    ...(typeof finishMessage === 'string' ? { finishMessage } : {}),
    ...(typeof continuationToken === 'string' ? { continuationToken } : {}),
  };
}

/** Proxies may send the content, its parts or a part as a text. */
function partsIn(content: unknown): readonly Fields[] {
  const parts = isFields(content) ? content['parts'] : content;
  const list = Array.isArray(parts) ? listOf(parts) : [parts];
  return list.map((part) => (typeof part === 'string' ? { text: part } : fieldsOf(part)));
}

/** Parts that the gateway asks for: text, reasoning and tool calls. Others are skipped. */
function partOf(part: Fields): object[] {
  const { functionCall, text, thought } = part;
  const signature = firstText(part['thoughtSignature']);
  const signed = signature === '' ? {} : { thoughtSignature: signature };
  if (isFields(functionCall)) return [{ functionCall: callOf(functionCall), ...signed }];
  if (text === undefined && signature === '') return [];
  return [{ text: textOf(text), ...(`${thought}` === 'true' ? { thought: true } : {}), ...signed }];
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
