import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Where the build puts the page and its assets. */
const FOLDER = fileURLToPath(new URL('../../dist/console/', import.meta.url));
/** The page may connect to the hub that served it and to no other host. GraphiQL sets inline styles. */
const POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";

/** Whether a GET or HEAD request is a browser's for the page, not a client's for data. */
export function wantsPlayground(request: FastifyRequest): boolean {
  const accepts = request.headers.accept ?? '';
  return accepts.includes('text/html') && (request.query as Record<string, unknown>).query === undefined;
}

/** Serves the page's assets under /playground/; returns a function that sends the page itself. */
export async function servePlayground(app: FastifyInstance): Promise<(reply: FastifyReply) => FastifyReply> {
  const page = join(FOLDER, 'index.html');
  if (!existsSync(page)) {
    return (reply) =>
      reply.code(404).type('text/plain').send('The playground was not built; run npm run build.\n');
  }
  const html = readFileSync(page);
  await app.register(fastifyStatic, {
    root: FOLDER,
    prefix: '/playground/',
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
    index: false,
  });
  return (reply) =>
    reply
      .header('content-security-policy', POLICY)
      .header('cache-control', 'no-cache')
      .header('x-content-type-options', 'nosniff')
      .type('text/html; charset=utf-8')
      .send(html);
}
