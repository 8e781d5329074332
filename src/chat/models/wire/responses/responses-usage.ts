import { countOf } from '../../../usage/count-of.ts';
import { fieldsOf } from '../fields.ts';

/** The token counts of a response, in OpenAI's fields. Undefined where one of the two sums is missing. */
export function responsesUsageOf(value: unknown): object | undefined {
  const usage = fieldsOf(value);
  const input = countOf(usage['input_tokens']) ?? countOf(usage['prompt_tokens']);
  const output = countOf(usage['output_tokens']) ?? countOf(usage['completion_tokens']);
  if (input === undefined || output === undefined) return undefined;
  const inputDetails = fieldsOf(usage['input_tokens_details'] ?? usage['prompt_tokens_details']);
  const outputDetails = fieldsOf(usage['output_tokens_details'] ?? usage['completion_tokens_details']);
  return {
    input_tokens: input,
    output_tokens: output,
    input_tokens_details: {
      cached_tokens: countOf(inputDetails['cached_tokens']) ?? null,
      cache_write_tokens: countOf(inputDetails['cache_write_tokens']) ?? null,
    },
    output_tokens_details: { reasoning_tokens: countOf(outputDetails['reasoning_tokens']) ?? null },
  };
}
