import { z } from 'zod';
import { cutText } from '../../base/cut-text.ts';
import { unsupported } from '../../dialect/errors/api-error.ts';
import { type ClientFile, fileFromBase64, fileFromUrl } from '../../dialect/input/client-file.ts';
import type { MessageText } from '../../dialect/input/conversation.ts';

/** The content of a message: a text, or parts of it. The parts of both dialects have different names. */
export const content = z.union([z.string(), z.array(z.looseObject({ type: z.string() })).max(1_000)], {
  error: 'expected a text or a list of parts',
});

type Part = Extract<z.output<typeof content>, unknown[]>[number];

/** @throws ApiError 400 that names the part. */
export function readContent(given: z.output<typeof content>, param: string): MessageText {
  if (typeof given === 'string') return { text: given, files: [] };
  const parts = given.map((part, index) => readPart(part, `${param}[${index}]`));
  return {
    text: parts
      .map(({ text }) => text)
      .filter((text) => text !== undefined)
      .join('\n'),
    files: parts.flatMap(({ file }) => file ?? []),
  };
}

function readPart(part: Part, param: string): { text?: string; file?: ClientFile } {
  switch (part.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { text: textIn(part, 'text', param) };
    case 'refusal':
      return { text: textIn(part, 'refusal', param) };
    case 'image_url': {
      const image = objectIn(part, 'image_url', param);
      return { file: fileFromUrl(textIn(image, 'url', `${param}.image_url`), `${param}.image_url.url`) };
    }
    case 'input_image':
      return { file: fileFromUrl(textIn(part, 'image_url', param), `${param}.image_url`) };
    case 'input_audio': {
      const audio = objectIn(part, 'input_audio', param);
      const format = textIn(audio, 'format', `${param}.input_audio`);
      const data = textIn(audio, 'data', `${param}.input_audio`);
      return { file: fileFromBase64(data, `${param}.input_audio.data`, `audio.${cutText(format, 20)}`) };
    }
    case 'file':
      return { file: readFile(objectIn(part, 'file', param), `${param}.file`) };
    case 'input_file':
      return { file: readFile(part, param) };
    default:
      throw unsupported(
        `${param}.type`,
        `The gateway does not take parts of the type '${cutText(part.type, 50)}'.`,
      );
  }
}

function readFile(given: Record<string, unknown>, param: string): ClientFile {
  if (given['file_data'] === undefined) {
    throw unsupported(param, "The gateway takes files as 'file_data', a data URL in base64.");
  }
  const filename = given['filename'] === undefined ? undefined : textIn(given, 'filename', param);
  return fileFromUrl(textIn(given, 'file_data', param), `${param}.file_data`, filename);
}

function textIn(value: Record<string, unknown>, name: string, param: string): string {
  const text = value[name];
  if (typeof text === 'string') return text;
  throw unsupported(`${param}.${name}`, 'Expected a text here.');
}

function objectIn(value: Record<string, unknown>, name: string, param: string): Record<string, unknown> {
  const inner = value[name];
  if (typeof inner === 'object' && inner !== null) return inner as Record<string, unknown>;
  throw unsupported(`${param}.${name}`, 'Expected an object here.');
}
