import type { InputType } from '../chat/attachments/input-type.ts';
import { enumFromTable } from './enum-from-table.ts';

export const InputTypeRef = enumFromTable<InputType>('InputType', 'What a model can be given in a prompt.', {
  TEXT: 'Text. Every model takes it, and the text of a text file.',
  IMAGE: 'An image: PNG, JPEG, GIF or WebP.',
  PDF: 'A PDF.',
  AUDIO: 'A recording: wav, mp3, ogg (opus), webm, m4a, aac or flac. Few models take all of them.',
});
