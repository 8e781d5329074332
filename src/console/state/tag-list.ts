import { type ReadonlySignal, signal } from '@preact/signals';
import { TagsDocument, type TagsQuery } from '../../gql/console/graphql.ts';
import type { Ask } from '../gateway/ask.ts';
import { atMostEvery } from './at-most-every.ts';

type TagCount = TagsQuery['viewer']['tags'][number];

/** The tags of all sessions of the user, as the gateway counts them. */
export interface TagList {
  /** By name. */
  readonly tags: ReadonlySignal<readonly TagCount[]>;
  /** Asks again, because a session may have got or lost a tag. */
  reload(): void;
  /** Forgets the tags of the previous user. */
  clear(): void;
}

/** Where many sessions change, the gateway is asked at most this often, in milliseconds. */
const reloadMs = 1_000;
/** The most that the gateway lists at once. */
const mostTags = 200;
/** A tag with as many sessions is shown as one with this many or more. */
export const mostCounted = 100;

export function createTagList(ask: Ask): TagList {
  const tags = signal<readonly TagCount[]>([]);
  /** Counts the requests. A response to an earlier one is not shown. */
  let count = 0;
  const load = async () => {
    count += 1;
    const number = count;
    try {
      const { viewer } = await ask(TagsDocument, { first: mostTags, upTo: mostCounted });
      if (number === count) tags.value = viewer.tags.toSorted((a, b) => a.tag.localeCompare(b.tag));
    } catch {
      // The list of sessions says that the gateway does not answer. The tags stay as they were.
    }
  };
  return {
    tags,
    reload: atMostEvery(reloadMs, load),
    clear() {
      count += 1;
      tags.value = [];
    },
  };
}

/** A tag in the menu of a list. */
export interface ListedTag {
  tag: string;
  count: number;
}

/** The tags that lead to sessions of a list, the most used first; the chosen one is always among them. */
export function tagsOfList(
  tags: readonly TagCount[],
  { archived, tag: chosen }: { archived: boolean; tag: string | undefined },
): readonly ListedTag[] {
  const counted = tags
    .map(({ tag, sessionCount, archivedSessionCount }) => ({
      tag,
      count: archived ? archivedSessionCount : sessionCount,
    }))
    .filter(({ tag, count }) => count > 0 || tag === chosen);
  if (chosen !== undefined && !counted.some(({ tag }) => tag === chosen)) {
    counted.push({ tag: chosen, count: 0 });
  }
  return counted.toSorted((a, b) => b.count - a.count);
}
