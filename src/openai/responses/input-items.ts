import { isOfClient } from '../../dialect/answer/awaited-calls.ts';
import { writeCallId } from '../../dialect/route/call-ids.ts';
import type { FoundResponse, FoundRun } from './find-response.ts';

type Prompt = NonNullable<FoundRun['userMessage']>;

/** What a response answers: a prompt, or the results of the client's tools. */
export function inputItemsOf({ run, step }: FoundResponse) {
  if (step === 0) return run.userMessage ? [promptItem(run.userMessage)] : [];
  const calls = run.assistantMessage?.toolCalls ?? [];
  return calls
    .filter((call) => call.step === step && isOfClient(call))
    .map(({ callId, result }, index) => ({
      id: `fco_${run.databaseId}_${step}_${index}`,
      type: 'function_call_output' as const,
      status: result === null ? ('in_progress' as const) : ('completed' as const),
      call_id: writeCallId(run.databaseId, callId),
      output: result ?? '',
    }));
}

/** A stored prompt as an input item. Its files are named by the addresses from which the client can load them. */
function promptItem({
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
