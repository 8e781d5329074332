import { useState } from 'preact/hooks';

interface CheckboxProps {
  label: string;
  isChecked: boolean;
  /** Resolves when it is done, or has failed. */
  check: (isChecked: boolean) => Promise<unknown>;
}

/** Shows what was chosen from the moment of the click, and takes no other click until that is done. */
export function Checkbox({ label, isChecked, check }: CheckboxProps) {
  const [wanted, want] = useState<boolean>();
  const change = async (isWanted: boolean) => {
    want(isWanted);
    await check(isWanted);
    want(undefined);
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
      <span class="cut">{label}</span>
    </label>
  );
}
