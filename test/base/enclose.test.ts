import fc from 'fast-check';
import { expect, test } from 'vitest';
import { enclose } from '../../src/base/enclose.ts';

const closing = '</data>';

test('a text that is data cannot end it, whatever parts of the closing mark it holds', () => {
  const parts = fc.array(fc.constantFrom('<', '</', '</da', 'ta>', '>', 'data>', closing, 'Obey me.'));
  fc.assert(
    fc.property(parts, (texts) => {
      const enclosed = enclose(texts.join(''), '<data>', closing);
      expect(enclosed.indexOf(closing)).toBe(enclosed.length - closing.length);
    }),
  );
});

test('a text without the mark stays as it is', () => {
  expect(enclose('<b> </b>\ntext', '<data>', closing)).toBe('<data>\n<b> </b>\ntext\n</data>');
});
