import { z } from 'zod';
import { isBlank } from '../base/is-blank.ts';
import { wellFormedText } from '../base/well-formed-text.ts';
import type { SendInput } from '../chat/prompt-sender.ts';
import type { OnBusy } from '../chat/run/open-run.ts';
import { checkClientTools } from '../chat/tool-calls/client-tools/check-client-tools.ts';
import type { Context } from '../context.ts';
import { GatewayError } from '../errors.ts';
import { AttachmentRef } from './attachment.ts';
import { builder } from './builder.ts';
import { enumFromTable } from './enum-from-table.ts';
import { idOf } from './id-argument.ts';
import { nameText } from './input-checks.ts';
import { MessageRef } from './message.ts';
import { ModelSettingsInput, toSettings } from './model-settings.ts';
import { SessionRef } from './session.ts';

const OnBusyRef = enumFromTable<OnBusy>(
  'OnBusy',
  'What happens to a prompt while another run of the session is live or queued.',
  {
    REJECT: 'The prompt is refused with RUN_IN_PROGRESS.',
    INTERRUPT:
      'The live run and all queued runs of the session are cancelled, and the prompt is answered. When more than `MAX_QUEUED_RUNS` (default: 8) such prompts are being sent to the session, a further one is refused with RATE_LIMITED.',
    ENQUEUE:
      'The prompt waits in the queue of the session. It is refused with RATE_LIMITED when `MAX_QUEUED_RUNS` (default: 8) prompts wait already.',
    STEER:
      'The prompt joins the answer that is being written: when the present tool calls have ended, the model is told it with its next request, and `PromptSteered` says so. If the answer ends without further tool calls, or the session shows another branch, the prompt is answered as with ENQUEUE. Until then it waits as with ENQUEUE, and counts against the same limit. The model, the provider and the settings of this prompt count only in that case.',
  },
);

const ClientToolInput = builder.inputType('ClientToolInput', {
  description: 'A tool that the client, or another client of the session, runs when the model calls it.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description:
        'The name by which the model calls it: 1 to 64 of `a-z`, `A-Z`, `0-9`, `_` and `-`, beginning with a letter or `_`. Not the name of a tool of nodes, such as `run_command`, and not `ask_user`.',
    }),
    description: t.string({
      description:
        'What it does and when to use it, for the model: at most 4,096 characters. Default: empty.',
    }),
    inputSchema: t.field({
      type: 'JSON',
      required: true,
      description:
        'The JSON Schema (draft 7 or later) of its arguments, of the type "object", of at most 32,768 bytes and 32 levels. References lead to places in the schema itself. Arguments that do not match it never reach a client: the model is told what is wrong.',
    }),
  }),
});

export const ChatInput = builder.inputType('ChatInput', {
  description: 'A prompt for a session.',
  fields: (t) => ({
    sessionId: t
      .id({ required: true, description: 'The `id` of the session to which the prompt is sent.' })
      .validate(idOf(SessionRef)),
    prompt: t.string({
      validate: wellFormedText,
      description:
        'The text of the prompt. It may be blank or left out only with `attachmentIds`, and must be left out with `answerTo`. More than `MAX_PROMPT_BYTES` (default: 262,144) bytes of UTF-8 are refused with PAYLOAD_TOO_LARGE.',
    }),
    editOf: t
      .id({
        description:
          'The `id` of an earlier prompt: this one is another version of it, beside it, and the conversation goes on from here. The other version stays, with all that follows it: see `Message.siblings`. Default: the prompt continues the branch that the session shows.',
      })
      .validate(idOf(MessageRef).nullish()),
    answerTo: t
      .id({
        description:
          'The `id` of an earlier prompt that is to be answered once more, perhaps by another model. Leave `prompt` out. The other answers stay, with all that follows them.',
      })
      .validate(idOf(MessageRef).nullish()),
    replyTo: t
      .id({
        description:
          'The `id` of an earlier answer that the prompt follows, whichever branch the session shows. If other prompts follow that answer, this one stands beside them. Default: the prompt continues the branch that the session shows.',
      })
      .validate(idOf(MessageRef).nullish()),
    expectedHead: t
      .id({
        description:
          'The `id` of the newest message that the client shows. If it is not the newest one of the branch any more, the prompt is refused with HEAD_MOVED, and `extensions.head` is the id of that. Default: no check.',
      })
      .validate(idOf(MessageRef).nullish()),
    requestId: t.string({
      validate: nameText,
      description:
        'An idempotency key that the client chooses, a new one for each prompt: at most 200 characters. When a prompt is sent again with the same key, for example after a lost connection, the gateway does not ask the model again and returns the run that the first request started. The same key with another `prompt`, `editOf`, `answerTo` or `replyTo`, or with other attachments or tools, is refused with REQUEST_ID_REUSED.',
    }),
    onBusy: t.field({
      type: OnBusyRef,
      required: true,
      defaultValue: 'REJECT',
      description: 'What to do while another run of the session is live or queued.',
    }),
    providerName: t.string({
      validate: nameText,
      description:
        'The provider for this prompt only, as `models` lists it. Default: the provider of the session.',
    }),
    modelName: t.string({
      validate: nameText,
      description:
        'The model for this prompt only, as `models` lists it. Default: the model of the session or, with another `providerName`, the default model of that provider.',
    }),
    attachmentIds: t
      .idList({
        description:
          'The `id` of each attachment that is sent with the prompt, in the order in which the model gets them; at most `MAX_ATTACHMENTS` (default: 10). They were uploaded to this session with `uploadAttachment`. An attachment of an earlier prompt may be named again: the new prompt gets a copy. A repeated request must name the same attachments in the same order. With `editOf`, name those of the other version that stay. Default: no attachments.',
      })
      .validate(z.array(idOf(AttachmentRef)).max(1_000, 'expected fewer attachments').nullish()),
    tools: t.field({
      type: [ClientToolInput],
      description:
        'Tools that clients run, which the model may call while it answers this prompt: at most 64, and 131,072 bytes of JSON together. A call of one makes a `ClientToolRequested`, and waits for `answerToolCall`. The same `requestId` with other tools is refused with REQUEST_ID_REUSED. A prompt that joins an answer (`STEER`) gets the tools of that answer instead. Default: no tools; with `answerTo`, those of the prompt that is answered.',
    }),
    askUser: t.boolean({
      description:
        'Whether the model may ask the user questions: then it has the tool `ask_user`, whose arguments are `question` and `schema`, the JSON Schema of the answer (default: a text). A call of it makes a `ClientToolRequested`, and waits for `answerToolCall`. Default: `askUser` of the session; with `answerTo`, as for the prompt that is answered.',
    }),
    settings: t.field({
      type: ModelSettingsInput,
      description:
        'Settings for this prompt only. A setting that is left out or null is the one of the session. The settings of a repeated request are ignored, as its model is.',
    }),
  }),
});

/** Describes the errors of a field that sends a prompt. */
export const sendErrors =
  'Errors: NOT_FOUND, also for a message of `input` that the session does not have; BAD_USER_INPUT if the gateway does not have the provider or the model, if the model does not take one of the settings or attachments, if one of the tools is not as described, or if `editOf` or `answerTo` is no prompt that can be edited or answered, or `replyTo` no answer; PAYLOAD_TOO_LARGE; RUN_IN_PROGRESS; REQUEST_ID_REUSED; HEAD_MOVED; RATE_LIMITED when the user has too many live runs or the session too many queued runs; MODEL_UNAVAILABLE if the provider does not respond; OVERLOADED; SHUTTING_DOWN.';

/** @throws GatewayError PAYLOAD_TOO_LARGE for a prompt that is too long, BAD_USER_INPUT for fields that do not fit together. */
export async function toSendInput(
  input: typeof ChatInput.$inferInput,
  { maxPromptBytes, engine, log }: Context,
): Promise<SendInput> {
  const { answerTo = null, editOf = null, replyTo = null } = input;
  const prompt = readPrompt(input);
  checkPlace({ prompt, answerTo, editOf, replyTo });
  if (input.onBusy === 'STEER' && (answerTo !== null || editOf !== null || replyTo !== null)) {
    const other = answerTo !== null ? 'answerTo' : editOf !== null ? 'editOf' : 'replyTo';
    throw badInput(
      'onBusy',
      `STEER continues the answer that is being written; expected another value with \`${other}\``,
    );
  }
  if (answerTo !== null && input.attachmentIds?.length) {
    throw badInput('attachmentIds', 'expected none together with `answerTo`: that prompt keeps its own');
  }
  if (prompt !== null && Buffer.byteLength(prompt) > maxPromptBytes) {
    const message = `input.prompt: expected at most ${maxPromptBytes} bytes of UTF-8.`;
    throw new GatewayError('PAYLOAD_TOO_LARGE', message, { field: 'input.prompt' });
  }
  const tools = await checkClientTools(input.tools, engine.toolNames);
  return { ...input, prompt, tools, settings: toSettings(input.settings), log };
}

/** Files need no words: blank text with files is the empty text. @throws GatewayError BAD_USER_INPUT for blank text without. */
function readPrompt({ prompt, answerTo, attachmentIds }: typeof ChatInput.$inferInput): string | null {
  if (prompt != null && !isBlank(prompt)) return prompt;
  if (prompt == null && answerTo != null) return null;
  if (!attachmentIds?.length) throw badInput('prompt', 'expected some text');
  return '';
}

/** @throws GatewayError BAD_USER_INPUT where these do not fit together. */
function checkPlace(input: Record<'prompt' | 'answerTo' | 'editOf' | 'replyTo', unknown>): void {
  const { prompt, answerTo, editOf, replyTo } = input;
  if (replyTo !== null && (editOf !== null || answerTo !== null)) {
    throw badInput('replyTo', 'give one of this, `editOf` and `answerTo`');
  }
  if (answerTo === null) return;
  if (prompt !== null) throw badInput('prompt', 'expected no text together with `answerTo`');
  if (editOf !== null) throw badInput('editOf', 'give this or `answerTo`, not both');
}

function badInput(name: string, problem: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', `input.${name}: ${problem}.`, { field: `input.${name}` });
}
