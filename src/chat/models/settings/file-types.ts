import { imageTypes, pdfType } from '../../attachments/input-type.ts';

// The types of files that models take besides text, in the form in which the packages of the providers send them.
// Sources: the providers' pages on images, documents and audio, November 2026.

const soundTypes = [
  'audio/wav',
  'audio/mpeg',
  'audio/ogg',
  'audio/webm',
  'audio/mp4',
  'audio/aac',
  'audio/flac',
];

/** The demo model looks at no file, but says what it got. */
export const everyFileType: readonly string[] = [...imageTypes, pdfType, ...soundTypes];

/** Nobody knows what the models of other servers take. Chat Completions has a form for these; the server refuses others. */
export const compatibleFileTypes: readonly string[] = [...imageTypes, pdfType, 'audio/wav', 'audio/mpeg'];

/** The Responses API takes no audio. Models before GPT-4o, and some small ones, only read text. */
export function openaiFileTypes(modelName: string): readonly string[] {
  const isBlind = /^(?:gpt-3|gpt-4(?:-0\d{3}|-32k.*)?$|o1-mini|o1-preview|o3-mini)/.test(modelName);
  return isBlind ? [] : [...imageTypes, pdfType];
}

/** Models before Claude 3 only read text. */
export function anthropicFileTypes(modelName: string): readonly string[] {
  return /^claude-(?:instant|v?[12](?:[.-]|$))/.test(modelName) ? [] : [...imageTypes, pdfType];
}

/** Gemini takes no GIF, and hears all types but the containers WebM and MP4. Gemma takes images. */
export function googleFileTypes(modelName: string): readonly string[] {
  const images = imageTypes.filter((type) => type !== 'image/gif');
  if (/(?:^|\/)gemma/i.test(modelName)) return images;
  return [...images, pdfType, 'audio/wav', 'audio/mpeg', 'audio/ogg', 'audio/aac', 'audio/flac'];
}
