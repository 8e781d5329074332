/** Why a model stopped. */
export type Ending = 'whole' | 'length' | 'filter' | 'failure';

const endings: readonly (readonly [RegExp, Ending])[] = [
  [/^(?:stop|stop_sequence|end_turn|eos|eos_token|end|complete|completed)$/, 'whole'],
  [
    /^(?:length|max_tokens|max_output_tokens|max_length|model_length|model_context_window_exceeded)$/,
    'length',
  ],
  [
    /^(?:content_filter(?:ed)?|safety|image_safety|sensitive|refusal|recitation|blocklist|prohibited_content|spii|guardrail_intervened)$/,
    'filter',
  ],
  [
    /^(?:error|server_error|network_error|insufficient_system_resource|abort(?:ed)?|cancell?ed|failed)$/,
    'failure',
  ],
];

/**
 * Reads a finish reason in the words of any provider: proxies pass on those of the provider behind them, where the format
 * has other words. DeepSeek ends an answer with `insufficient_system_resource`, Zhipu with `sensitive` and `network_error`,
 * Mistral with `model_length`, Bedrock with `guardrail_intervened`, vLLM with `abort`.
 *
 * @returns Undefined for a reason that nobody knows, and for those that name tool calls.
 */
export function endingOf(finishReason: string): Ending | undefined {
  const word = finishReason.toLowerCase();
  return endings.find(([pattern]) => pattern.test(word))?.[1];
}
