import { groupBy } from '../../../base/group-by.ts';
import { passLongIntegers } from '../../../base/long-integers.ts';
import { inputTypeOf } from '../../../chat/attachments/input-type.ts';
import { finishReasonOf } from '../../../chat/run/answer-end.ts';
import type { Context } from '../../../context.ts';
import type { Attachment, Message, ToolCall } from '../../../generated/prisma/client.ts';
import type { GetMessagesQuery } from '../../../gql/graphql.ts';
import { readAnswerError, readEmptyReason } from '../../../schema/answer-end.ts';
import { attachmentPath } from '../../../schema/attachment.ts';
import { recordingPath } from '../../../schema/audio.ts';
import { toolCallsOf } from '../../../schema/paging/rows.ts';
import { idList } from '../../../storage/statements/dialect.ts';
import { placesOfMessages } from '../../../storage/statements/lines.ts';
import { audioOfMessages } from '../../../storage/statements/messages.ts';
import { attachmentsOfMessages } from '../../../storage/statements/uploads.ts';
import type { ToolErrorCode } from '../../../tools/tool-runner.ts';

type MessageData = NonNullable<GetMessagesQuery['session']>['messages']['edges'][number]['node'];

/**
 * The fields that REST selects of a page of a branch, oldest first. Each message is the parent of the next one.
 *
 * @param options `isBeginning`: the page begins with the first message of its branch, which has no parent.
 */
export async function messageData(
  context: Context,
  messages: readonly Message[],
  { isBeginning }: { isBeginning: boolean },
): Promise<MessageData[]> {
  const ids = messages.map(({ id }) => id);
  const recordings = await context.statements.all(audioOfMessages, [idList(ids)]);
  const recorded = new Set(recordings.map(({ messageId }) => messageId));
  const attachmentsOf = groupBy(await attachmentsIn(context, messages), ({ messageId }) => messageId);
  const parentOfFirst = isBeginning ? undefined : await firstParent(context, messages);
  const callsOf = groupBy(await toolCallsOf(context, ids), ({ messageId }) => messageId);
  return Promise.all(
    messages.map((message, index) => {
      const emptyReason = readEmptyReason(message, {}, context);
      const error = readAnswerError(message, {}, context);
      const data: MessageData = {
        databaseId: message.id,
        parent: parentData(index === 0 ? parentOfFirst : ids[index - 1]),
        steeredInto: parentData(message.steeredIntoId ?? 0),
        role: message.role,
        status: message.status,
        finishReason: finishReasonOf(message),
        emptyReason: null,
        cancelCause: message.cancelCause,
        content: message.content,
        reasoning: message.reasoning,
        toolCalls: (callsOf.get(message.id) ?? []).map(toolCallData),
        error: null,
        tokenCount: message.tokenCount,
        audio: recorded.has(message.id) ? { url: recordingPath(message.id) } : null,
        attachments: (attachmentsOf.get(message.id) ?? []).map(attachmentData),
        createdAt: message.createdAt.toISOString(),
      };
      // Few messages have one of these, and a promise for each message would take longer than all its other fields.
      return emptyReason || error ? withEnd(data, emptyReason, error) : data;
    }),
  );
}

async function firstParent({ statements }: Context, [first]: readonly Message[]) {
  const [place] = first ? await statements.all(placesOfMessages, [idList([first.id])]) : [];
  return place?.parentId;
}

/** @param parentId 0 or undefined for a message that begins a conversation. */
function parentData(parentId: number | undefined): { databaseId: number } | null {
  return parentId ? { databaseId: parentId } : null;
}

/** Most messages have no attachments, and cost no statement. */
function attachmentsIn({ statements }: Context, messages: readonly Message[]) {
  const having = messages.filter(({ attachmentCount }) => attachmentCount > 0);
  return having.length === 0
    ? []
    : statements.all(attachmentsOfMessages, [idList(having.map(({ id }) => id))]);
}

function attachmentData(attachment: Attachment): MessageData['attachments'][number] {
  const { id, mimeType, size, filename, sha256, width, height, pageCount } = attachment;
  const { durationSeconds, tokenCount } = attachment;
  return {
    databaseId: id,
    url: attachmentPath(id),
    type: inputTypeOf(mimeType),
    ...{ mimeType, size, filename, sha256, width, height, pageCount, durationSeconds, tokenCount },
    uploadedAt: attachment.uploadedAt.toISOString(),
  };
}

async function withEnd(
  data: MessageData,
  emptyReason: ReturnType<typeof readEmptyReason>,
  error: ReturnType<typeof readAnswerError>,
): Promise<MessageData> {
  return { ...data, emptyReason: await emptyReason, error: await error };
}

function toolCallData(call: ToolCall): MessageData['toolCalls'][number] {
  const { callId, name, nodeId, status, result, exitCode, stopped, durationMs } = call;
  const { textOffset, reasoningOffset } = call;
  const errorCode = call.errorCode as ToolErrorCode | null;
  const args = passLongIntegers(call.args);
  const changedArgs = passLongIntegers(call.changedArgs);
  const outcome = { status, result, errorCode, exitCode, stopped, durationMs };
  return { callId, name, args, changedArgs, nodeId, ...outcome, textOffset, reasoningOffset };
}
