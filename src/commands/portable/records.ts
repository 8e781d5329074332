import { z } from 'zod';
import { maxId } from '../../base/global-id.ts';
import { isFiniteJson, isSmall } from '../../base/json-checks.ts';
import { unicodeText, wellFormedLine, wellFormedText } from '../../base/well-formed-text.ts';
import { cleanFilename } from '../../chat/attachments/clean-filename.ts';
import { imageTypes, pdfType, textType } from '../../chat/attachments/input-type.ts';
import { runFailureCodes } from '../../chat/log/run-event.ts';
import { reasoningEfforts } from '../../chat/models/settings/model-settings.ts';
import { audioTypes } from '../../chat/uploads/audio-types.ts';
import { toolErrorCodes } from '../../tools/tool-runner.ts';

/** The name of the format, in the first line of a file. */
export const formatName = 'switchyard.sessions';
/** Another major version is refused. A greater minor version may have further fields and types of lines, which are ignored. */
export const formatVersion = { major: 1, minor: 0 };

/** The longest line, in bytes. */
export const longestLine = 64 * 1024 * 1024;

/** Of a session, in bytes of JSON. */
const longestMetadata = 65_536;

const count = z.int().min(0).max(maxId);
const id = z.int().min(1).max(maxId);
const time = z.iso
  .datetime({ error: 'expected a time in UTC: "2026-03-31T12:00:00.000Z"' })
  .transform((text) => new Date(text));
const name = wellFormedText.min(1, 'expected some text').max(1_000, 'expected at most 1,000 characters');
const line = wellFormedLine.min(1, 'expected some text').max(1_000, 'expected at most 1,000 characters');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'expected a SHA-256 in hexadecimal, in small letters');
const seconds = z.number().min(0).max(1e9);
const filename = z
  .string()
  .refine(
    (text) => cleanFilename(text) === text,
    'expected the name of a file, without folders and control characters, of at most 255 bytes',
  );
const audioType = z.enum([...new Set(Object.values(audioTypes))]);
const attachmentType = z.enum([...imageTypes, pdfType, textType, ...new Set(Object.values(audioTypes))]);
const object = z.custom<Record<string, unknown>>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  'expected an object',
);
const anything = z.custom<unknown>((value) => value !== undefined, 'expected a value');

const tokens = {
  inputTokens: count,
  outputTokens: count,
  reasoningTokens: count,
  cachedInputTokens: count,
  cacheWriteInputTokens: count,
};
const cancelCause = z.enum(['USER', 'SUPERSEDED', 'SHUTDOWN', 'DELETED']);
const finishReason = z.enum(['STOP', 'LENGTH', 'CONTENT_FILTER', 'OTHER']);

type Shape = Record<string, z.ZodType>;

/**
 * The lines of a file, by their types.
 *
 * @param make `z.strictObject` refuses fields that are not known, `z.object` ignores them.
 */
function recordTypes(make: <S extends Shape>(shape: S) => z.ZodObject<S>) {
  const file = { sha256, size: count, uploadedAt: time, filename: filename.nullable() };
  const settings = make({
    reasoningEffort: z.enum(reasoningEfforts).optional(),
    temperature: z.number().min(0).max(2).optional(),
    maxOutputTokens: z.int().min(1).max(1_000_000).optional(),
    responseSchema: object.optional(),
    contextOverflow: z.enum(['SUMMARISE', 'TRIM']).optional(),
  });
  return {
    session: make({
      type: z.literal('session'),
      id,
      origin: line,
      userId: line.max(200, 'expected at most 200 characters'),
      title: wellFormedText.nullable(),
      featureName: name,
      providerName: name.nullable(),
      modelName: name.nullable(),
      systemPrompt: wellFormedText.nullable(),
      contextTokens: count,
      toolApproval: z.enum(['AUTO', 'ASK', 'DENY']),
      askUser: z.boolean(),
      createdAt: time,
      updatedAt: time,
      lastActivityAt: time,
      archivedAt: time.nullable(),
      pinnedAt: time.nullable(),
      usage: z
        .array(make({ providerName: name, modelName: name, ...tokens, measured: z.boolean() }))
        .max(10_000),
      settings: settings.nullable(),
      tags: z
        .array(name)
        .max(100)
        .refine((tags) => new Set(tags).size === tags.length, 'expected each tag once'),
      metadata: object
        .refine((value) => isSmall(value, longestMetadata), `expected at most ${longestMetadata} bytes`)
        .refine(isFiniteJson, 'expected numbers below 1.8e308')
        .nullable(),
    }),
    message: make({
      type: z.literal('message'),
      id,
      parent: id.nullable(),
      role: z.enum(['USER', 'ASSISTANT']),
      status: z.enum(['COMPLETE', 'CANCELLED', 'FAILED', 'INTERRUPTED']),
      content: wellFormedText,
      reasoning: wellFormedText.nullable(),
      finishReason: finishReason.nullable(),
      cancelCause: cancelCause.nullable(),
      tokenCount: count.nullable(),
      createdAt: time,
      joined: make({
        answer: id,
        step: count,
        textOffset: count,
        reasoningOffset: count,
        callsBefore: count,
      }).nullable(),
      recording: make({ ...file, mimeType: audioType, durationSeconds: seconds.nullable() }).nullable(),
      attachments: z
        .array(
          make({
            ...file,
            mimeType: attachmentType,
            width: count.nullable(),
            height: count.nullable(),
            pageCount: count.nullable(),
            durationSeconds: seconds.nullable(),
            tokenCount: count,
          }),
        )
        .max(1_000),
      workspaceManifests: z
        .array(make({ nodeId: line, manifestHash: line }))
        .max(10_000)
        .nullable(),
    }),
    toolCall: make({
      type: z.literal('toolCall'),
      message: id,
      callId: wellFormedText.max(10_000),
      name: wellFormedText.max(10_000),
      status: z.enum(['SUCCEEDED', 'FAILED', 'DENIED', 'CANCELLED']),
      byClient: z.boolean(),
      nodeId: line.nullable(),
      result: wellFormedText.nullable(),
      errorCode: z.enum(Object.keys(toolErrorCodes)).nullable(),
      exitCode: z.int().nullable(),
      durationMs: count.nullable(),
      stopped: z.boolean().nullable(),
      step: id,
      textOffset: count,
      reasoningOffset: count,
      expiresAt: time.nullable(),
      decision: z.enum(['APPROVED', 'DENIED', 'EXPIRED']).nullable(),
      decisionReason: wellFormedText.nullable(),
      decidedBy: line.nullable(),
      byGrant: z.boolean(),
      decidedAt: time.nullable(),
      startedAt: time.nullable(),
      args: anything,
      changedArgs: object.nullable(),
    }),
    step: make({
      type: z.literal('step'),
      message: id,
      step: id,
      providerName: name,
      modelName: name,
      parts: z.array(
        z.discriminatedUnion(
          'type',
          [
            make({
              type: z.enum(['text', 'reasoning']),
              start: count,
              end: count,
              metadata: object.optional(),
            }),
            make({ type: z.literal('call'), callId: unicodeText, metadata: object.optional() }),
          ],
          'expected "text", "reasoning" or "call"',
        ),
      ),
    }),
    summary: make({
      type: z.literal('summary'),
      message: id,
      text: wellFormedText,
      tokenCount: count,
      coveredMessages: count,
      providerName: name,
      modelName: name,
      createdAt: time,
    }),
    run: make({
      type: z.literal('run'),
      id,
      prompt: id.nullable(),
      answer: id.nullable(),
      joinedRun: id.nullable(),
      joinedSeq: count.nullable(),
      status: z.enum(['COMPLETED', 'CANCELLED', 'FAILED']),
      providerName: name,
      modelName: name,
      lastSeq: count,
      finishReason: finishReason.nullable(),
      cancelCause: cancelCause.nullable(),
      errorCode: z.enum(Object.keys(runFailureCodes)).nullable(),
      errorMessage: wellFormedText.nullable(),
      ...tokens,
      usageMeasured: z.boolean(),
      createdAt: time,
      startedAt: time.nullable(),
      finishedAt: time,
      settings: settings.nullable(),
    }),
    sessionEnd: make({
      type: z.literal('sessionEnd'),
      id,
      head: id.nullable(),
      messages: count,
      runs: count,
      missingFiles: z.array(sha256),
    }),
    end: make({ type: z.literal('end'), sessions: count }),
  };
}

/** Refuses fields that are not known: for files of this version and older ones. */
export const knownRecords = recordTypes(z.strictObject);
/** Ignores them: for files of a later minor version. */
export const laterRecords = recordTypes(z.object);

/** The first line of a file. Fields of later versions are ignored, so that the version can be read. */
export const headerRecord = z.object({
  type: z.literal('export'),
  format: z.literal(formatName),
  version: z.string().regex(/^\d{1,4}\.\d{1,4}$/, 'expected a version: "1.0"'),
});

type Records = typeof knownRecords;
export type RecordType = keyof Records;
export type RecordOf<Type extends RecordType> = z.output<Records[Type]>;
export type AnyRecord = { [Type in RecordType]: RecordOf<Type> }[RecordType];

/** A file of a message, as an attachment or a recording names it. */
export type FileRecord = Pick<RecordOf<'message'>['attachments'][number], 'sha256' | 'size'>;

/** The recording and the attachments of a message. */
export function filesOf<File>({
  recording,
  attachments,
}: {
  recording: File | null | undefined;
  attachments: readonly File[];
}): readonly File[] {
  return recording ? [recording, ...attachments] : attachments;
}
