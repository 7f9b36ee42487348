/** Schemas of options: their messages complete "NAME …", their descriptions say which values are allowed. */
import { z } from 'zod';
import { DatabaseUrlError, parseDatabaseUrl } from './database-url.js';
import { parseRedisUrl, RedisUrlError } from './redis-url.js';

/** A whole number in decimal digits, from `least` to `most`. */
export function whole(least: number, most: number): z.ZodType<number, string> {
  const range = `${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, `is not a whole number; the range is ${range}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `is out of range; the range is ${range}`)
    .describe(range);
}

/** A URL that `parse` reads; the value is its text, and the message that of the `Refusal` that `parse` throws. */
const urlFor = (
  parse: (url: string) => unknown,
  Refusal: new (message: string) => Error,
): z.ZodType<string, string> =>
  z.string().superRefine((url, context) => {
    try {
      parse(url);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  });

/** A database's URL in any of the forms that `parseDatabaseUrl` reads. */
export const databaseUrl = urlFor(parseDatabaseUrl, DatabaseUrlError).describe(
  'sqlite:path or postgres://user@host/database[?schema=name]',
);

/** A Redis URL in any of the forms that `parseRedisUrl` reads. */
export const redisUrl = urlFor(parseRedisUrl, RedisUrlError).describe(
  'redis://…, redis+sentinel://…/master or redis+cluster://…; with TLS rediss…',
);

/** Origins of web pages, separated by commas; the value lists each as browsers send it. */
export const origins = z
  .string()
  .transform((text, context): readonly string[] => {
    const parts = text.split(',').map((part) => part.trim());
    const wrong = parts.find((part) => originOf(part) === null);
    if (wrong === undefined) return parts.map((part) => originOf(part) ?? part);
    const message = `has ${JSON.stringify(wrong)}, which is not an origin; list each as https://app.example.com`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .describe('origins as https://app.example.com, separated by commas');

/** Lower case and without the scheme's own port; null where the text is more than scheme, host and port, or less. */
function originOf(text: string): string | null {
  if (!/^[a-z][a-z\d+.-]*:\/\/[^\s/\\?#@*]+\/?$/i.test(text) || !URL.canParse(text)) return null;
  const { protocol, host } = new URL(text);
  return `${protocol}//${host}`;
}

/** A regular expression. */
export const pattern = z
  .string()
  .transform((text, context) => {
    try {
      return new RegExp(text, 'u');
    } catch {
      context.addIssue({ code: 'custom', message: 'is not a valid regular expression' });
      return z.NEVER;
    }
  })
  .describe('a regular expression of JavaScript (flag u)');
