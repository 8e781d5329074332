import type { z } from 'zod';
import { milliseconds, wholeNumber } from './setting-type.ts';

/** How large the files may be that users send to models. */
export const attachmentSettings = {
  MAX_ATTACHMENT_BYTES: wholeNumber(1, 2_147_483_647)
    .default(20_971_520)
    .meta({ description: 'Largest attachment, in bytes.' }),
  MAX_TEXT_ATTACHMENT_BYTES: wholeNumber(1, 67_108_864)
    .default(1_048_576)
    .meta({ description: 'Largest attachment that is text, in bytes. Models get its whole text.' }),
  MAX_IMAGE_PIXELS: wholeNumber(1, 1_000_000_000).default(100_000_000).meta({
    description:
      'Most pixels of an attached image, as its header says. The gateway itself never decodes an image.',
  }),
  MAX_ATTACHMENTS: wholeNumber(0, 1_000).default(10).meta({ description: 'Most attachments of one prompt.' }),
  MAX_SENT_ATTACHMENT_BYTES: wholeNumber(1, 268_435_456).default(20_971_520).meta({
    description:
      'Most bytes of attachments in one request to a model. A prompt with more is refused; attachments of earlier prompts that do not fit are left out of the request, the oldest first.',
  }),
  MAX_ATTACHMENT_BYTES_IN_FLIGHT: wholeNumber(1, 1_099_511_627_776).default(268_435_456).meta({
    description:
      'Most bytes of attachments that all runs of the gateway send to models at the same moment. Further runs wait; the next is always one of the user who is sending least. A request with more than this is sent alone.',
  }),
  ATTACHMENT_WAIT_MS: milliseconds(1).default(120_000).meta({
    description:
      'How long a run may wait to send its attachments (MAX_ATTACHMENT_BYTES_IN_FLIGHT). After that it fails with OVERLOADED.',
  }),
  UNSENT_ATTACHMENT_TTL_MS: milliseconds(1)
    .default(86_400_000)
    .meta({ description: 'How long an attachment is kept that was uploaded and is sent with no prompt.' }),
};

export function toAttachments(env: z.output<z.ZodObject<typeof attachmentSettings>>) {
  return {
    maxBytes: env.MAX_ATTACHMENT_BYTES,
    maxTextBytes: env.MAX_TEXT_ATTACHMENT_BYTES,
    maxImagePixels: env.MAX_IMAGE_PIXELS,
    maxPerPrompt: env.MAX_ATTACHMENTS,
    maxSentBytes: env.MAX_SENT_ATTACHMENT_BYTES,
    maxBytesInFlight: env.MAX_ATTACHMENT_BYTES_IN_FLIGHT,
    waitMs: env.ATTACHMENT_WAIT_MS,
    unsentTtlMs: env.UNSENT_ATTACHMENT_TTL_MS,
  };
}
