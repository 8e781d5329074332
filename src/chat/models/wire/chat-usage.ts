import { countOf } from '../../usage/count-of.ts';
import { type Fields, fieldsOf } from './fields.ts';

/**
 * The token counts of a chunk, in OpenAI's fields. Undefined where the chunk has none.
 *
 * They are in `usage`, but Moonshot puts them into the choice and Groq into `x_groq`. Some gateways use Anthropic's
 * names. Counts may be null, or digits in a string.
 */
export function chatUsageOf(chunk: Fields, choice: Fields): object | undefined {
  const candidates = [chunk['usage'], choice['usage'], fieldsOf(chunk['x_groq'])['usage']];
  for (const usage of candidates) {
    const counts = countsOf(fieldsOf(usage));
    if (counts !== undefined) return counts;
  }
  return undefined;
}

function countsOf(usage: Fields): object | undefined {
  const prompt = countOf(usage['prompt_tokens']) ?? countOf(usage['input_tokens']);
  const completion = countOf(usage['completion_tokens']) ?? countOf(usage['output_tokens']);
  if (prompt === undefined && completion === undefined) return undefined;
  const inputDetails = fieldsOf(usage['prompt_tokens_details'] ?? usage['input_tokens_details']);
  const outputDetails = fieldsOf(usage['completion_tokens_details'] ?? usage['output_tokens_details']);
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: countOf(usage['total_tokens']),
    prompt_tokens_details: {
      // DeepSeek and Moonshot have fields of their own.
      cached_tokens:
        countOf(inputDetails['cached_tokens']) ??
        countOf(usage['prompt_cache_hit_tokens']) ??
        countOf(usage['cached_tokens']),
    },
    completion_tokens_details: {
      reasoning_tokens: countOf(outputDetails['reasoning_tokens']) ?? countOf(usage['reasoning_tokens']),
    },
  };
}
