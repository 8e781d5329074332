import { beforeAll, describe, expect, test } from 'vitest';
import { memo } from '../../support/gateway/audio-upload.ts';
import { boundary, field, form, multipart, part, sendToRest } from '../../support/gateway/hostile-form.ts';
import { type HostileGateway, shareHostileGateway } from '../../support/gateway/hostile-gateway.ts';

let gateway: HostileGateway;
beforeAll(async () => {
  gateway = await shareHostileGateway();
});

const wav = memo.toString('latin1');
const file = (filename: string) => field('file', wav, `; filename="${filename}"`);
const whole = form(file('memo.wav'));

describe('a form', () => {
  test.each([
    ['without an end', whole.slice(0, -8)],
    ['with only an end', `--${boundary}--`],
    ['with only boundaries', `--${boundary}\r\n`.repeat(10_000)],
    ['with 100,000 ends', `--${boundary}--\r\n`.repeat(30_000)],
    ['with 10,000 fields', form(...Array.from({ length: 10_000 }, (_, n) => field(`f${n}`, 'x')))],
    [
      'with 1,000 files',
      form(...Array.from({ length: 1_000 }, () => field('file', 'RIFF', '; filename="a"'))),
    ],
    ['with a file named __proto__', form(field('__proto__', wav, '; filename="a.wav"'))],
    ['with a file named constructor', form(field('constructor', wav, '; filename="a.wav"'))],
    [
      'with a head of 1 MB',
      form(part([`Content-Disposition: form-data; name="file"; filename="${'a'.repeat(1_000_000)}"`], wav)),
    ],
    ['with 10,000 heads', form(part([...Array.from({ length: 10_000 }, (_, n) => `X-${n}: 1`)], wav))],
    [
      'with a head without an end',
      `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="a`,
    ],
    ['with a head of NULs', form(part(['\0\0\0\0'], wav))],
    [
      'with a disposition of 10,000 parameters',
      form(part([`Content-Disposition: form-data${'; a=b'.repeat(10_000)}`], wav)),
    ],
    [
      'with a disposition without quotes',
      form(part(['Content-Disposition: form-data; name=; filename='], wav)),
    ],
    [
      'with a file that is an attachment',
      form(part(['Content-Disposition: attachment; name="file"; filename="a.wav"'], wav)),
    ],
    [
      'that contains a form',
      form(
        part(
          [`Content-Type: multipart/mixed; boundary=inner`, 'Content-Disposition: form-data; name="file"'],
          `--inner\r\n\r\n${wav}\r\n--inner--`,
        ),
      ),
    ],
    ['with line feeds only', whole.replaceAll('\r\n', '\n')],
    ['with text before it, 900 KB of it', `${'x'.repeat(900_000)}\r\n${form()}`],
    ['with a file that begins with the boundary', form(field('file', `--${boundary}`, '; filename="a.wav"'))],
    ['of a file that is too large', form(field('file', wav + 'x'.repeat(1_200_000), '; filename="a.wav"'))],
    ['of a file that is a script', form(field('file', '#!/bin/sh\nrm -rf /', '; filename="a.wav"'))],
    [
      'of a file that is a page',
      form(field('file', '<html><script>alert(1)</script>', '; filename="a.wav"')),
    ],
    [
      'of a file that is an archive bomb',
      form(field('file', `PK\x03\x04${'\0'.repeat(50_000)}`, '; filename="a.wav"')),
    ],
    [
      'of a recording that claims to have 4 GB',
      form(field('file', riff(0xffffffff), '; filename="a.wav"')).slice(0, -300),
    ],
  ])('a REST form %s is refused', async (_what, body) => {
    const { status, text } = await sendToRest(gateway, body);
    expect([413, 415, 422]).toContain(status);
    expect(text).toContain('"detail"');
  });

  test.each([
    ['missing', 'multipart/form-data'],
    ['empty', 'multipart/form-data; boundary='],
    ['10,000 letters long', `multipart/form-data; boundary=${'a'.repeat(10_000)}`],
    ['a pattern', 'multipart/form-data; boundary="(a+)+$"'],
    ['not ASCII', 'multipart/form-data; boundary=\u00e9'],
    ['given twice', `${multipart}; boundary=other`],
    ['in pieces', 'multipart/form-data; boundary*0=boundary-; boundary*1=of-mallory'],
    ['never used', 'multipart/form-data; boundary=never'],
    ['that of another type of form', `multipart/mixed; boundary=${boundary}`],
    ['after 10 KB of other parameters', `${'multipart/form-data;'.repeat(600)} boundary=x`],
  ])('a REST form whose boundary is %s is either accepted or refused', async (_what, type) => {
    const { status } = await sendToRest(gateway, whole, { 'content-type': type });
    expect([200, 422]).toContain(status);
  });
});

describe('the name of a file', () => {
  test.each([
    ['a path out of the folder', '../../../../../etc/passwd'],
    ['an absolute path', '/etc/cron.d/evil'],
    ['a path of another system', '..\\\\..\\\\windows\\\\system32\\\\evil.dll'],
    ['a NUL', 'memo.wav\0.html'],
    ['an escaped line break', 'a%0d%0aSet-Cookie: a=b'],
    ['a quote that ends it', 'a\\"; filename=\\"b.html'],
    ['1,000 letters', `${'a'.repeat(1_000)}.wav`],
    ['markup', '<img src=x onerror=alert(1)>.wav'],
    ['not UTF-8', 'm\u00e9mo\u00ff.wav'],
    ['text written from right to left', '\u00e2\u0080\u00aevaw.exe'],
    ['a device', 'CON'],
    ['dots', '..'],
    ['empty', ''],
    ['a command', '$(touch /tmp/evil).wav'],
    ['two dots and a slash, escaped', '%2e%2e%2f%2e%2e%2fevil'],
  ])('a file name that is %s is never used as a path or a header', async (_what, filename) => {
    const { status } = await sendToRest(gateway, form(file(filename)));
    expect([200, 422]).toContain(status);
    const download = await gateway.attack('/api/v1/sessions/messages/1/audio');
    expect(download.status).toBe(200);
    expect(download.headers.get('content-disposition')).toMatch(/^inline(; filename\*?=[\x20-\x7e]*)*$/);
    expect(download.headers.get('content-type')).toBe('audio/wav');
    expect(download.headers.get('x-content-type-options')).toBe('nosniff');
    expect(download.headers.get('set-cookie')).toBeNull();
  });
});

test('a file name is cut to 255 bytes of UTF-8, between two characters', async () => {
  const kept = '\u20ac'.repeat(84);
  const sent = Buffer.from(`${kept}\u{1f98a}.wav`).toString('latin1');
  expect((await sendToRest(gateway, form(file(sent)))).status).toBe(200);
  const download = await gateway.attack('/api/v1/sessions/messages/1/audio');
  expect(download.headers.get('content-disposition')).toContain(
    `filename*=UTF-8''${encodeURIComponent(kept)}`,
  );
  expect(download.headers.get('content-disposition')).not.toMatch(/%F0%9F%A6%8A|wav/);
});

test.each(['gzip', 'br', 'gzip, identity', 'x-unknown'])(
  'a REST form with Content-Encoding %s is refused with 415',
  async (coding) => {
    const { status, text } = await sendToRest(gateway, whole, {
      'content-type': multipart,
      'content-encoding': coding,
    });
    expect([status, text]).toEqual([415, expect.stringContaining('Content-Encoding')]);
  },
);

test('REST forms leave the gateway unharmed', () => gateway.expectUnharmed());

/** A recording whose header claims this size. */
function riff(size: number): string {
  const head = Buffer.from(memo);
  head.writeUInt32LE(size, 4);
  return head.toString('latin1');
}
