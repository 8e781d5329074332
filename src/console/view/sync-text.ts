import type { AttachedNodeFragment } from '../../gql/console/graphql.ts';
import { byteText } from './byte-text.ts';

type Synced = Pick<AttachedNodeFragment, 'syncStatus' | 'progress' | 'error'>;

/** OFFLINE says no more than the connection. */
const labels: Record<AttachedNodeFragment['syncStatus'], string> = {
  PENDING: 'files not compared yet',
  OFFLINE: '',
  SYNCING: 'copying files',
  SYNCED: 'has all files',
  CONFLICT: 'has all files, some in conflict',
  ERROR: 'files not copied',
};

/** How far a node is with the files of a session, for a line of text. */
export function syncTextOf({ syncStatus, progress, error }: Synced): string {
  const label = labels[syncStatus];
  // At first an agent compares the files, and does not know yet which must be copied.
  const isKnown = progress != null && progress.filesTotal > 0;
  if (syncStatus === 'SYNCING') return isKnown ? `${label}: ${progressTextOf(progress)}` : `${label}…`;
  return [label, error].filter(Boolean).join(': ');
}

/** For example `12 of 40 files, 1.2 MB of 3.4 MB`. */
function progressTextOf({
  filesDone,
  filesTotal,
  bytesDone,
  bytesTotal,
}: NonNullable<Synced['progress']>): string {
  const files = `${filesDone.toLocaleString()} of ${filesTotal.toLocaleString()} files`;
  return bytesTotal === 0 ? files : `${files}, ${byteText(bytesDone)} of ${byteText(bytesTotal)}`;
}

/** The part that is done, from 0 to 1; undefined where nothing is copied, or nobody knows. */
export function partDoneOf({ syncStatus, progress }: Synced): number | undefined {
  if (syncStatus !== 'SYNCING' || !progress) return undefined;
  const { filesDone, filesTotal, bytesDone, bytesTotal } = progress;
  const [done, total] = bytesTotal > 0 ? [bytesDone, bytesTotal] : [filesDone, filesTotal];
  return total > 0 ? Math.min(1, done / total) : undefined;
}
