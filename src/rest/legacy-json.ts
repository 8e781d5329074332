import type { z } from '@hono/zod-openapi';
import type {
  GetMessagesQuery,
  GetTokensQuery,
  SessionFieldsFragment,
  UploadMessageAudioMutation,
} from '../gql/graphql.ts';
import type { Audio, Message, Session, Tokens, ToolCall } from './answer-schemas.ts';

type SessionMessage = NonNullable<GetMessagesQuery['session']>['messages']['edges'][number]['node'];
type UploadedAudio = UploadMessageAudioMutation['uploadMessageAudio']['audio'];
type SessionTokens = NonNullable<GetTokensQuery['session']>['tokenUsage'];

export function sessionJson(session: SessionFieldsFragment): z.infer<typeof Session> {
  return {
    id: session.databaseId,
    user_id: session.userId,
    title: session.title ?? null,
    feature_name: session.featureName,
    provider_name: session.providerName ?? null,
    model_name: session.modelName ?? null,
    tool_approval: lowerCase(session.toolApproval),
    created_at: session.createdAt,
    updated_at: session.updatedAt,
    sync_workspace_id: session.workspace?.id ?? null,
    attached_node_ids: session.nodes.map(({ node }) => node.nodeId),
    node_sync_status: Object.fromEntries(
      session.nodes.map(({ node, syncStatus }) => [node.nodeId, lowerCase(syncStatus)]),
    ),
  };
}

export function messageJson(sessionId: number, message: SessionMessage): z.infer<typeof Message> {
  return {
    id: message.databaseId,
    session_id: sessionId,
    sender: lowerCase(message.role),
    content: message.content,
    reasoning_content: message.reasoning ?? null,
    tool_calls: message.toolCalls.map(toolCallJson),
    status: lowerCase(message.status),
    token_count: message.tokenCount ?? null,
    audio_url: message.audio?.url ?? null,
    created_at: message.createdAt,
  };
}

export function audioJson(messageId: number, audio: NonNullable<UploadedAudio>): z.infer<typeof Audio> {
  return {
    message_id: messageId,
    audio_url: audio.url,
    mime_type: audio.mimeType,
    size: audio.size,
    filename: audio.filename ?? null,
    sha256: audio.sha256,
    duration_seconds: audio.durationSeconds ?? null,
    uploaded_at: audio.uploadedAt,
  };
}

export function tokensJson(usage: SessionTokens): z.infer<typeof Tokens> {
  return {
    token_count: usage.contextTokens,
    token_limit: usage.contextLimit ?? null,
    percentage: usage.percentage ?? null,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    reasoning_tokens: usage.reasoningTokens,
    total_tokens: usage.totalTokens,
  };
}

/** A GraphQL enum value as REST writes it. */
export function lowerCase<T extends string>(value: T): Lowercase<T> {
  return value.toLowerCase() as Lowercase<T>;
}

/** A REST choice as GraphQL's enum names it. */
export function upperCase<T extends string>(value: T): Uppercase<T> {
  return value.toUpperCase() as Uppercase<T>;
}

function toolCallJson(call: SessionMessage['toolCalls'][number]): z.infer<typeof ToolCall> {
  return {
    call_id: call.callId,
    name: call.name,
    args: call.args ?? null,
    status: lowerCase(call.status),
    node_id: call.nodeId ?? null,
    result: call.result ?? null,
    error_code: call.errorCode ?? null,
    exit_code: call.exitCode ?? null,
    stopped: call.stopped ?? null,
    duration_ms: call.durationMs ?? null,
  };
}
