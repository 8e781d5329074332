/** How much a model reasons before it answers. OFF: not at all. */
export const reasoningEfforts = ['OFF', 'LOW', 'MEDIUM', 'HIGH'] as const;

export type ReasoningEffort = (typeof reasoningEfforts)[number];

/** What happens to older messages that do not fit into the context of a model. TRIM: the model is not shown them. */
export type ContextOverflow = 'SUMMARISE' | 'TRIM';

/** What a prompt, a session or the gateway asks of the model. Null: it asks nothing, so the next of them decides. */
export interface ModelSettings {
  reasoningEffort: ReasoningEffort | null;
  /** From 0 to 2. Higher is more random. */
  temperature: number | null;
  /** The most tokens of one response of the model, its reasoning included. */
  maxOutputTokens: number | null;
  /** A JSON schema. The answer is then JSON that fits it. */
  responseSchema: Record<string, unknown> | null;
  /** Whether the model sums up older messages that do not fit into its context. */
  contextOverflow: ContextOverflow | null;
}

/** Settings as an input or a database column has them: what is left out is not asked for. */
export type PartialSettings = { [Name in keyof ModelSettings]?: ModelSettings[Name] | undefined };

export const settingNames = [
  'reasoningEffort',
  'temperature',
  'maxOutputTokens',
  'responseSchema',
  'contextOverflow',
] as const satisfies readonly (keyof ModelSettings)[];

/** Joins settings, the most important ones first: each setting has the first value that is not null. */
export function mergeSettings(...layers: readonly (PartialSettings | null | undefined)[]): ModelSettings {
  const first = <Name extends keyof ModelSettings>(name: Name): ModelSettings[Name] | null =>
    layers.find((layer) => layer?.[name] != null)?.[name] ?? null;
  return {
    reasoningEffort: first('reasoningEffort'),
    temperature: first('temperature'),
    maxOutputTokens: first('maxOutputTokens'),
    responseSchema: first('responseSchema'),
    contextOverflow: first('contextOverflow'),
  };
}
