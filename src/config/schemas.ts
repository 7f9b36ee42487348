/** Schemas of options: their messages complete "NAME …", their descriptions say which values are allowed. */
import { z } from 'zod';
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

/** A Redis URL in any of the forms that `parseRedisUrl` reads; the value is its text. */
export const redisUrl = z
  .string()
  .superRefine((url, context) => {
    try {
      parseRedisUrl(url);
    } catch (error) {
      if (!(error instanceof RedisUrlError)) throw error;
      context.addIssue({ code: 'custom', message: error.message });
    }
  })
  .describe('redis://…, redis+sentinel://…/master or redis+cluster://…; with TLS rediss…');

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
