import { useState } from 'preact/hooks';

interface CheckboxProps {
  label: string;
  isChecked: boolean;
  /** Resolves when the change is made or has failed. */
  check: (isChecked: boolean) => Promise<unknown>;
}

/** Shows the new value at once, and ignores clicks until the change is made. */
export function Checkbox({ label, isChecked, check }: CheckboxProps) {
  const [wanted, setWanted] = useState<boolean>();
  const change = async (isWanted: boolean) => {
    setWanted(isWanted);
    await check(isWanted);
    setWanted(undefined);
  };
  return (
    <label>
      <input
        type="checkbox"
        checked={wanted ?? isChecked}
        aria-busy={wanted !== undefined}
        onClick={(event) => wanted !== undefined && event.preventDefault()}
        onChange={(event) => void change(event.currentTarget.checked)}
      />
      <span class="cut" dir="auto">
        {label}
      </span>
    </label>
  );
}
