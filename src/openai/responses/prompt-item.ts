import type { FoundResponse } from './find-response.ts';

type Prompt = NonNullable<FoundResponse['userMessage']>;

/** A stored prompt as an input item. Its files are named by the addresses from which the client can load them. */
export function promptItem({
  databaseId,
  content,
  attachments,
}: Pick<Prompt, 'databaseId' | 'content' | 'attachments'>) {
  return {
    id: `msg_${databaseId}`,
    type: 'message' as const,
    role: 'user' as const,
    status: 'completed' as const,
    content: [{ type: 'input_text' as const, text: content }, ...attachments.map(filePart)],
  };
}

function filePart({ url, filename, type }: Prompt['attachments'][number]) {
  if (type === 'IMAGE') return { type: 'input_image' as const, image_url: url, detail: 'auto' as const };
  return { type: 'input_file' as const, file_url: url, filename };
}
