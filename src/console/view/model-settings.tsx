import { useRef } from 'preact/hooks';
import type { ModelSettingsInput, ReasoningEffort, ViewerQuery } from '../../gql/console/graphql.ts';
import { useDismiss } from './use-dismiss.ts';

interface ModelSettingsProps {
  settings: ModelSettingsInput;
  /** The model that answers. Undefined when the gateway does not list it: then every setting can be chosen. */
  model: ViewerQuery['models'][number] | undefined;
  /** Gets the one setting that was changed. */
  change(changed: ModelSettingsInput): void;
}

const efforts: Record<ReasoningEffort, string> = { OFF: 'Off', LOW: 'Low', MEDIUM: 'Medium', HIGH: 'High' };

/** What a session asks of its model: how much it reasons, its temperature and the length of its answers. */
export function ModelSettings({ settings, model, change }: ModelSettingsProps) {
  const details = useRef<HTMLDetailsElement>(null);
  useDismiss(details);
  const { reasoningEffort, temperature, maxOutputTokens } = settings;
  const offered = model?.reasoningEfforts ?? (Object.keys(efforts) as ReasoningEffort[]);
  const takesTemperature = model?.supportedSettings.includes('TEMPERATURE') ?? true;
  return (
    <details class="popup" ref={details}>
      <summary title="What this session asks of its model">
        Reasoning: {reasoningEffort ? efforts[reasoningEffort].toLowerCase() : 'default'}
      </summary>
      <div class="panel model-settings">
        <h2>What this session asks of its model</h2>
        <label>
          Reasoning
          <select
            aria-label="Reasoning"
            value={reasoningEffort ?? ''}
            onChange={({ currentTarget: { value } }) =>
              change({ reasoningEffort: value === '' ? null : (value as ReasoningEffort) })
            }
          >
            <option value="">Default</option>
            {Object.entries(efforts).map(([value, label]) => (
              <option key={value} value={value} disabled={!offered.includes(value as ReasoningEffort)}>
                {label}
              </option>
            ))}
          </select>
        </label>
        <NumberField
          label="Temperature"
          most={2}
          step={0.1}
          placeholder={takesTemperature ? 'Default' : 'Not taken'}
          isDisabled={!takesTemperature && temperature == null}
          value={temperature ?? null}
          change={(value) => change({ temperature: value })}
        />
        <NumberField
          label="Longest answer (tokens)"
          most={1_000_000}
          step={1}
          placeholder="Default"
          value={maxOutputTokens ?? null}
          change={(value) => change({ maxOutputTokens: value })}
        />
      </div>
    </details>
  );
}

interface NumberFieldProps {
  label: string;
  most: number;
  step: number;
  placeholder: string;
  isDisabled?: boolean;
  /** Null: the field is empty. */
  value: number | null;
  change(value: number | null): void;
}

function NumberField({
  label,
  most,
  step,
  placeholder,
  isDisabled = false,
  value,
  change,
}: NumberFieldProps) {
  return (
    <label>
      {label}
      <input
        // A new field for each stored value. With `value`, a number that is being typed would be lost when the session
        // changes in any other way.
        key={value}
        defaultValue={value ?? ''}
        type="number"
        min="0"
        max={most}
        step={step}
        placeholder={placeholder}
        disabled={isDisabled}
        onChange={({ currentTarget }) =>
          change(currentTarget.value === '' ? null : currentTarget.valueAsNumber)
        }
      />
    </label>
  );
}
