import { ApolloServer } from '@apollo/server';
import type { ApolloServerPlugin } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import fastify from 'fastify';
import type {
  FastifyError,
  FastifyInstance,
  FastifyReply,
  FastifyRequest,
  RouteHandlerMethod,
} from 'fastify';
import { GraphQLError, OperationTypeNode } from 'graphql';
import type { GraphQLSchema } from 'graphql';
import { checkVariables, contextOf, idLiteralsRule, MAX_TOKENS } from '../api/api.js';
import type { Context, Rooms } from '../api/api.js';
import { HubError } from '../model/errors.js';
import { acceptDefect, RESPONSE_TYPE } from './accept.js';
import { Gate, refusalBody } from './gate.js';
import { servePlayground, wantsPlayground } from './playground.js';
import type { Tell } from './tell.js';

export interface HttpOptions {
  readonly schema: GraphQLSchema;
  readonly rooms: Rooms;
  readonly tell: Tell;
  readonly bodyBytes: number;
  /** Origins of other sites whose pages may use the hub. */
  readonly allowedOrigins: readonly string[];
}

/**
 * GraphQL over HTTP at /graphql, and the gate that every request passes first, also those for routes that are added later.
 * Bodies are JSON only (any other content type is 415), GET runs queries only, and the gate refuses pages of other sites: this
 * prevents cross-site request forgery, so Apollo's own check is off.
 */
export async function createHttp(
  options: HttpOptions,
): Promise<{ app: FastifyInstance; apollo: ApolloServer<Context>; gate: Gate }> {
  const app = fastify({
    bodyLimit: options.bodyBytes,
    forceCloseConnections: 'idle',
    // Fastify's own answer during a stop is not a GraphQL answer; refuseWhileClosing sends one.
    return503OnClosing: false,
    // Data may have any field; the hub reads own properties only, so __proto__ and constructor are harmless.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
  });
  const gate = new Gate(app.server, options.allowedOrigins);
  guard(app, gate);
  const apollo = createApollo(options);
  await apollo.start();
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler<FastifyError>((error, _request, reply) => sendRequestError(error, reply, options));
  refuseWhileClosing(app, options.tell);
  const sendPlayground = await servePlayground(app);
  const answer = answerBy(apollo, options);
  app.route({
    method: 'GET',
    url: '/graphql',
    handler: function (request: FastifyRequest, reply: FastifyReply) {
      return wantsPlayground(request) ? sendPlayground(reply) : answer.call(this, request, reply);
    },
  });
  app.route({ method: ['POST', 'OPTIONS', 'PUT', 'PATCH', 'DELETE'], url: '/graphql', handler: answer });
  return { app, apollo, gate };
}

/** Answers an operation, if its client accepts an answer: Apollo would find out that it does not when the operation has run. */
function answerBy(apollo: ApolloServer<Context>, options: HttpOptions): RouteHandlerMethod {
  const context = contextOf(options.rooms, null);
  const answer = fastifyApolloHandler(apollo, { context: () => Promise.resolve(context) });
  return function (request, reply) {
    const defect = acceptDefect(request.headers.accept);
    if (defect !== null) return sendError(reply, 406, asRequestError(defect, 'accept'), options);
    // The handler makes a URL of the request, which needs a host; HTTP/1.0 has none.
    request.headers.host ??= 'localhost';
    return answer.call(this, request, reply);
  };
}

const createApollo = (options: HttpOptions): ApolloServer<Context> =>
  new ApolloServer<Context>({
    schema: options.schema,
    csrfPrevention: false,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
    validationRules: [idLiteralsRule],
    parseOptions: { maxLexicalTokens: MAX_TOKENS },
    formatError: (formatted, error) => formatError(error, formatted.message, options.tell),
    plugins: [requestRules],
  });

/**
 * Rules that Apollo does not have: subscriptions need a WebSocket; numbers that lost digits as JSON are refused; and a client
 * that accepts plain JSON gets 200 with its errors, as the GraphQL over HTTP specification says for that content type.
 */
const requestRules: ApolloServerPlugin<Context> = {
  requestDidStart: () =>
    Promise.resolve({
      didResolveOperation: ({ document, operation, request, schema }) => {
        if (operation?.operation === OperationTypeNode.SUBSCRIPTION) {
          throw asRequestError(
            'a subscription needs a WebSocket at /graphql (protocol graphql-transport-ws); open one',
            'query',
          );
        }
        const { operationName = null, variables = {} } = request;
        checkNumbers(schema, { document, operationName, variables });
        return Promise.resolve();
      },
      willSendResponse: ({ request, response }) => {
        const accepts = request.http?.headers.get('accept') ?? '';
        if (response.http.status === 400 && !accepts.includes(RESPONSE_TYPE)) response.http.status = 200;
        return Promise.resolve();
      },
    }),
};

function checkNumbers(...operation: Parameters<typeof checkVariables>): void {
  try {
    checkVariables(...operation);
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const extensions = { code: error.code, ...error.details, http: BAD_REQUEST };
    throw new GraphQLError(error.message, { extensions });
  }
}

/** What Apollo answers with an error of a plugin; without it, 500. */
const BAD_REQUEST = { status: 400 };

const asRequestError = (sentence: string, place: string): GraphQLError =>
  new GraphQLError(`${place}: ${sentence}.`, {
    extensions: { code: 'BAD_USER_INPUT', path: place, http: BAD_REQUEST },
  });

function formatError(error: unknown, message: string, tell: Tell): ReturnType<GraphQLError['toJSON']> {
  const original =
    error instanceof GraphQLError ? error : new GraphQLError(message, { originalError: error as Error });
  return tell(original).toJSON();
}

/** The one path that every caller may use: it says nothing, and a supervisor that is refused there ends the hub. */
const LIVENESS = '/healthz';
/** How long a browser may keep the answer to a preflight, in seconds: two hours, the longest that Chromium takes. */
const PREFLIGHT_SECONDS = 7_200;

/** Refuses what the gate refuses, with 403, and tells browsers that pages of allowed origins may read answers (CORS). */
function guard(app: FastifyInstance, gate: Gate): void {
  app.addHook('onRequest', async ({ headers, method, routeOptions }, reply) => {
    // Also where there is no Origin: a cache must not give that answer to a page of an allowed origin.
    void reply.header('vary', 'Origin');
    const refusal = routeOptions.url === LIVENESS ? null : gate.refusalOf(headers);
    if (refusal !== null) return reply.code(403).type('application/json').send(refusalBody(refusal));
    const origin = gate.allowedOrigin(headers);
    if (origin === null) return;
    void reply.header('access-control-allow-origin', origin);
    if (method !== 'OPTIONS' || headers['access-control-request-method'] === undefined) return;
    const names = headers['access-control-request-headers'];
    if (names !== undefined) void reply.header('access-control-allow-headers', names);
    return reply
      .code(204)
      .header('vary', 'Origin, Access-Control-Request-Headers')
      .header('access-control-allow-methods', 'GET, POST')
      .header('access-control-max-age', PREFLIGHT_SECONDS)
      .send();
  });
}

/** A kept-alive connection may send a request after the stop has begun: it is answered with 503 and closed. */
function refuseWhileClosing(app: FastifyInstance, tell: Tell): void {
  let closing = false;
  app.addHook('preClose', () => {
    closing = true;
    return Promise.resolve();
  });
  app.addHook('onRequest', async (_request, reply) => {
    if (!closing) return;
    const sentence =
      'The hub is shutting down and nothing was recorded; send the same call again, to any other hub.';
    const refusal = new GraphQLError(sentence, { extensions: { code: 'LOG_UNAVAILABLE', retryable: true } });
    await sendError(reply.header('connection', 'close'), 503, refusal, { tell });
  });
}

/** Refusals before GraphQL: a body that is not JSON, that is too large, or that has another content type. */
function sendRequestError(error: FastifyError, reply: FastifyReply, options: HttpOptions): FastifyReply {
  const status = error.statusCode ?? 500;
  return sendError(reply, status, refusalOf(error, status, options), options);
}

const sendError = (
  reply: FastifyReply,
  status: number,
  error: GraphQLError,
  { tell }: Pick<HttpOptions, 'tell'>,
): FastifyReply =>
  reply
    .code(status)
    .type('application/json')
    .send({ errors: [tell(error).toJSON()] });

function refusalOf(error: FastifyError, status: number, { bodyBytes }: HttpOptions): GraphQLError {
  if (status === 413) {
    const message = `body: is larger than ${bodyBytes} bytes; send fewer changes in one call.`;
    return new GraphQLError(message, {
      extensions: { code: 'PAYLOAD_TOO_LARGE', path: 'body', limit: bodyBytes },
    });
  }
  if (status === 415) return asRequestError('has an unsupported content type; send application/json', 'body');
  if (status === 400) return asRequestError(`is not valid JSON (${error.message}); correct it`, 'body');
  return new GraphQLError(error.message, { originalError: error });
}
