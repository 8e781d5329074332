import { countOf } from '../../usage/count-of.ts';
import { type Fields, fieldsOf } from './fields.ts';

/** The token counts of a message, without those that are missing or that are no counts. */
export function anthropicUsageOf(value: unknown): Fields {
  const usage = fieldsOf(value);
  const thinking = countOf(fieldsOf(usage['output_tokens_details'])['thinking_tokens']);
  const counts = {
    input_tokens: countOf(usage['input_tokens']) ?? countOf(usage['prompt_tokens']),
    output_tokens: countOf(usage['output_tokens']) ?? countOf(usage['completion_tokens']),
    cache_creation_input_tokens: countOf(usage['cache_creation_input_tokens']),
    cache_read_input_tokens: countOf(usage['cache_read_input_tokens']),
    output_tokens_details: thinking === undefined ? undefined : { thinking_tokens: thinking },
  };
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== undefined));
}
