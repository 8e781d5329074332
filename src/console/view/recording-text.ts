import type { RecordingPartsFragment } from '../../gql/console/graphql.ts';

/** How long a recording plays and how large it is, for example `1:05 · 96 kB`. */
export function recordingFacts({ durationSeconds, size }: RecordingPartsFragment): string {
  return [durationSeconds != null && duration(durationSeconds), bytes(size)].filter(Boolean).join(' · ');
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function bytes(size: number): string {
  return size < 999_500 ? `${Math.ceil(size / 1_000)} kB` : `${(size / 1_000_000).toFixed(1)} MB`;
}
