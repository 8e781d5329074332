import type { SharedV3ProviderMetadata } from '@ai-sdk/provider';
import type { Attachment, ToolCall } from '../../generated/prisma/client.ts';

/** The model that made a step. Null when it was not recorded: answers of earlier versions have no steps in the database. */
export interface StepMaker {
  providerName: string;
  modelName: string;
}

/** What one request to a model added to an answer: its output in order, and the results of its tool calls. */
export interface AnswerStep {
  maker: StepMaker | null;
  parts: StepPart[];
  /** Prompts that joined the answer, which the model was told before it wrote the parts. */
  prompts?: readonly ToldPrompt[];
}

/** A prompt that has joined an answer. `step`: the request to the model that was the first to tell it. */
export type JoinedPrompt = ToldPrompt & { step: number };

/** What a model is told of a prompt. */
export interface ToldPrompt {
  text: string;
  /** What was sent with the prompt. */
  files: readonly AttachedFile[];
}

export type StepPart = TextPart | CallPart;

/** What the model is told of a tool call that has ended. */
export type EndedCall = Pick<ToolCall, 'callId' | 'name' | 'status' | 'result' | 'exitCode'> & {
  /** The arguments with which a person let the call run in place of those of the model; null if nobody changed them. */
  changedArgs: unknown;
};

/** `metadata`: what the provider attached, such as a signature. Its next request must repeat it. */
interface TextPart {
  type: 'text' | 'reasoning';
  text: string;
  metadata?: SharedV3ProviderMetadata | undefined;
}

export interface CallPart {
  type: 'call';
  callId: string;
  name: string;
  args: object;
  metadata?: SharedV3ProviderMetadata | undefined;
  /** The result, once the call has ended. */
  result?: EndedCall | undefined;
}

/** What a model is told of an attachment. */
export type AttachedFile = Pick<
  Attachment,
  'sha256' | 'mimeType' | 'size' | 'filename' | 'tokenCount' | 'position'
>;

/** A prompt and the steps of its answer so far. */
export interface Turn {
  prompt: string;
  /** What was sent with the prompt. */
  files: readonly AttachedFile[];
  /** The id of its newest message: of the answer, or of a prompt without an answer. 0 for a turn that stands for others. */
  lastId: number;
  /** The id of the answer. Call ids are derived from it, so that they stay the same in every request. */
  answerId: number;
  steps: AnswerStep[];
  /** Why the answer has no end: told to the model in place of one. Null while the answer is being written. */
  unfinished: string | null;
}

/**
 * A part of a step as the column `AnswerStep.parts` holds it. Texts are ranges of the message's `content` or
 * `reasoning`, in UTF-16 code units, so that no text is stored twice. A call is found by its id among the tool calls.
 */
export type StoredPart =
  | {
      type: 'text' | 'reasoning';
      start: number;
      end: number;
      metadata?: SharedV3ProviderMetadata | undefined;
    }
  | { type: 'call'; callId: string; metadata?: SharedV3ProviderMetadata | undefined };
