import type { ModelSettingsInput, ToolApproval } from '../../gql/console/graphql.ts';
import { Options } from '../controls/options.tsx';
import { type ModelChoice, modelId, modelLabel, usedModel } from '../state/used-model.ts';
import { useApp } from './app-context.ts';
import { ModelSettings } from './model-settings.tsx';

/** The settings of a session. With null or undefined the gateway uses its default. */
interface Settings extends ModelChoice {
  toolApproval?: ToolApproval | null | undefined;
  askUser?: boolean | null | undefined;
  settings?: ModelSettingsInput | null | undefined;
}

export interface SessionSettingsProps {
  settings: Settings;
  change(
    changed:
      | { providerName: string | null; modelName: string | null }
      | { toolApproval: ToolApproval }
      | { askUser: boolean }
      | { settings: ModelSettingsInput },
  ): void;
}

const approvals: Record<ToolApproval, string> = {
  ASK: 'Tools: ask me',
  AUTO: 'Tools: never ask',
  DENY: 'Tools: only reading',
};

const questions = { false: 'Questions: off', true: 'Questions: on' };

export function SessionSettings({ settings, change }: SessionSettingsProps) {
  const { account } = useApp();
  const chosen = modelId(settings);
  const offered = account.models.value.map((model) => ({ ...model, id: modelId(model) }));
  const byDefault = offered.find(({ isDefault }) => isDefault);
  const used = usedModel(account.models.value, settings);
  const isOffered = chosen === '' || offered.some(({ id }) => id === chosen);
  return (
    <>
      <select
        aria-label="Model"
        title="The model of this session"
        value={chosen}
        onChange={({ currentTarget }) => {
          const [providerName, modelName] = currentTarget.value === '' ? [] : JSON.parse(currentTarget.value);
          change({ providerName: providerName ?? null, modelName: modelName ?? null });
        }}
      >
        <option value="">{byDefault ? `Default (${byDefault.modelName})` : 'Default model'}</option>
        {!isOffered && <option value={chosen}>{modelLabel(settings)}</option>}
        {offered.map((model) => (
          <option key={model.id} value={model.id}>
            {modelLabel(model)}
          </option>
        ))}
      </select>
      <ModelSettings
        settings={settings.settings ?? {}}
        model={used}
        change={(changed) => change({ settings: changed })}
      />
      <select
        aria-label="Tool approval"
        title="Whether tools that run commands or change files need your approval"
        value={settings.toolApproval ?? 'ASK'}
        onChange={({ currentTarget }) => change({ toolApproval: currentTarget.value as ToolApproval })}
      >
        <Options labels={approvals} />
      </select>
      <select
        aria-label="Questions"
        title="Whether the model may ask you questions while it answers"
        value={String(settings.askUser ?? false)}
        onChange={({ currentTarget }) => change({ askUser: currentTarget.value === 'true' })}
      >
        <Options labels={questions} />
      </select>
    </>
  );
}
