/** What a model can be given in a prompt. */
export type InputType = 'TEXT' | 'IMAGE' | 'PDF' | 'AUDIO';

/** The types of images that are taken: those that models take, and no others. */
export const imageTypes = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'] as const;
export const pdfType = 'application/pdf';
export const textType = 'text/plain';

/** The kind of a file by its stored type. Everything that is stored has one of these kinds. */
export function inputTypeOf(mimeType: string): InputType {
  if (mimeType === textType) return 'TEXT';
  if (mimeType === pdfType) return 'PDF';
  return mimeType.startsWith('image/') ? 'IMAGE' : 'AUDIO';
}

/** The kinds of a list of types, in a fixed order. Every model takes text. */
export function inputTypesOf(mimeTypes: Iterable<string>): InputType[] {
  const taken = new Set<InputType>(['TEXT', ...Array.from(mimeTypes, inputTypeOf)]);
  return (['TEXT', 'IMAGE', 'PDF', 'AUDIO'] as const).filter((type) => taken.has(type));
}
