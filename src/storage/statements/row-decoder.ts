import { getDatamodel } from '../../generated/pothos.ts';
import type { RawRow, RowDecoder, Statement } from './statement.ts';

type Convert = (value: never) => unknown;

/** How the values of the driver become the values of Prisma, by the types of Prisma's schema. The others stay. */
const conversions: Record<string, Convert> = {
  DateTime: (text: string | number) => new Date(text),
  Boolean: (value: number | boolean) => Boolean(value),
  BigInt: (value: number | string) => BigInt(value),
  Json: (text: string) => (typeof text === 'string' ? JSON.parse(text) : text),
};

const { models } = getDatamodel().datamodel;

/**
 * A statement whose rows have all columns of a model, and perhaps others, which stay as the driver returns them.
 *
 * @param model A model of `prisma/schema.prisma`, such as `Session`.
 */
export function modelStatement<Row>(model: string, sql: string): Statement<Row> {
  return { sql, decode: decoderOf<Row>(model) };
}

/** A statement whose rows need no conversion: they hold texts and numbers. */
export function plainStatement<Row>(sql: string): Statement<Row> {
  return { sql, decode: (row) => row as Row };
}

/** Converts the columns of a model. */
function decoderOf<Row>(model: string): RowDecoder<Row> {
  const converted = (models[model]?.fields ?? []).flatMap(({ name, type }) => {
    const convert = conversions[type];
    return convert ? [{ name, convert }] : [];
  });
  return (row: RawRow) => {
    for (const { name, convert } of converted) {
      const value = row[name];
      if (value !== null && value !== undefined) row[name] = convert(value as never);
    }
    return row as Row;
  };
}
