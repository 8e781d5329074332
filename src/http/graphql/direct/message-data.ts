import { groupBy } from '../../../base/group-by.ts';
import { passLongIntegers } from '../../../base/long-integers.ts';
import { finishReasonOf } from '../../../chat/run/answer-end.ts';
import type { Context } from '../../../context.ts';
import type { Message, ToolCall } from '../../../generated/prisma/client.ts';
import type { GetMessagesQuery } from '../../../gql/graphql.ts';
import { readAnswerError, readEmptyReason } from '../../../schema/answer-end.ts';
import { recordingPath } from '../../../schema/audio.ts';
import { toolCallsOf } from '../../../schema/paging/rows.ts';
import { idList } from '../../../storage/statements/dialect.ts';
import { audioOfMessages } from '../../../storage/statements/messages.ts';
import type { ToolErrorCode } from '../../../tools/tool-runner.ts';

type MessageData = NonNullable<GetMessagesQuery['session']>['messages']['edges'][number]['node'];

/** The fields of these messages that REST selects, in the same order. */
export async function messageData(context: Context, messages: readonly Message[]): Promise<MessageData[]> {
  const ids = messages.map(({ id }) => id);
  const recordings = await context.statements.all(audioOfMessages, [idList(ids)]);
  const recorded = new Set(recordings.map(({ messageId }) => messageId));
  const callsOf = groupBy(await toolCallsOf(context, ids), ({ messageId }) => messageId);
  return Promise.all(
    messages.map((message) => {
      const emptyReason = readEmptyReason(message, {}, context);
      const error = readAnswerError(message, {}, context);
      const data: MessageData = {
        databaseId: message.id,
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
        createdAt: message.createdAt.toISOString(),
      };
      // Few messages have one of these, and a promise for each message would take longer than all its other fields.
      return emptyReason || error ? withEnd(data, emptyReason, error) : data;
    }),
  );
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
  const outcome = { status, result, errorCode, exitCode, stopped, durationMs };
  return { callId, name, args, nodeId, ...outcome, textOffset, reasoningOffset };
}
