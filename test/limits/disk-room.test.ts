import { expect, test } from 'vitest';
import { createDiskRoom, type Disk, readDiskOf } from '../../src/limits/disk-room.ts';

/** What each user may store when 1,000 bytes of a disk should be free. */
function shareOf(disk: Disk | undefined, maxBytesPerUser = 10_000) {
  return createDiskRoom({ minFreeBytes: 1_000, maxBytesPerUser, readDisk: async () => disk })();
}

test('the share of each user shrinks with the free space of the disk, and is unlimited while there is room', async () => {
  const size = 50_000;
  expect(await shareOf({ free: 1_000, size })).toBeUndefined();
  expect(await shareOf({ free: 999, size })).toBe(9_990);
  expect(await shareOf({ free: 500, size })).toBe(5_000);
  expect(await shareOf({ free: 0, size })).toBe(0);
});

test('the share is one of the whole disk if a user may store without a limit', async () => {
  expect(await shareOf({ free: 100, size: 50_000 }, 0)).toBe(5_000);
});

test('a disk that cannot be read refuses nobody', async () => {
  expect(await shareOf(undefined)).toBeUndefined();
  expect(await readDiskOf('/there/is/no/such/folder')()).toBeUndefined();
});

test('the disk is read once for many prompts, and never if no space must stay free', async () => {
  let reads = 0;
  const readDisk = async () => {
    reads += 1;
    return { free: 1, size: 1_000 };
  };
  const room = createDiskRoom({ minFreeBytes: 10, maxBytesPerUser: 0, readDisk });
  expect(await Promise.all([room(), room(), room()])).toEqual([100, 100, 100]);
  expect(reads).toBe(1);
  expect(await createDiskRoom({ minFreeBytes: 0, maxBytesPerUser: 0, readDisk })()).toBeUndefined();
  expect(reads).toBe(1);
});

test('the free space of a folder is read from its disk', async () => {
  const disk = await readDiskOf('.')();
  expect(disk?.free).toBeGreaterThan(0);
  expect(disk?.size).toBeGreaterThanOrEqual(disk?.free ?? 0);
});
