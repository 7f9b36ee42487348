/** The type of an answer whose status is the request's, as the GraphQL over HTTP specification has it. */
export const RESPONSE_TYPE = 'application/graphql-response+json';
/** What an answer can be sent as. */
const ANSWERS = ['application/json', RESPONSE_TYPE];
const EVENTS = 'text/event-stream';

/**
 * Why a request is refused whose Accept header allows no type of an answer; null where it allows one, or is absent. To be
 * asked before the operation runs: what it records would be recorded, and its answer not be sent.
 * @returns a sentence that follows the name of the header
 */
export function acceptDefect(accept = ''): string | null {
  const ranges = accept.split(',').map(rangeOf);
  if (accept.trim() === '' || ANSWERS.some((type) => qualityOf(type, ranges) > 0)) return null;
  return qualityOf(EVENTS, ranges) > 0
    ? `${EVENTS} is not served; open a WebSocket at /graphql (protocol graphql-transport-ws) to subscribe, and accept ` +
        `${ANSWERS[0]} for queries and mutations`
    : `allows no type that answers have; accept ${ANSWERS.join(' or ')}`;
}

/** A media range with its quality. Source: RFC 9110, section 12.5.1. */
interface Range {
  readonly range: string;
  readonly quality: number;
}

function rangeOf(text: string): Range {
  const [range = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  // Answers are UTF-8 and have no other parameter.
  const isOther = parameters.some(
    (parameter) => parameter !== weight && !/^charset="?utf-8"?$/.test(parameter),
  );
  return { range, quality: isOther ? 0 : Number(weight?.slice(2) ?? 1) };
}

/** The quality of the range that names the type most precisely; 0 where none does. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const wanted = [type, type.replace(/\/.*/, '/*'), '*/*'];
  for (const range of wanted) {
    const found = ranges.filter((one) => one.range === range);
    if (found.length > 0) return Math.max(...found.map(({ quality }) => quality));
  }
  return 0;
}
