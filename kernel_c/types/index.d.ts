/** Krepis: HTTP for TypeScript on a C kernel. */
import { App } from './app.ts';
import type { KernelOptions } from './kernel.ts';
export type { After, App, Before, Checks, Handler, Listening, Metrics, OnError, Valid } from './app.ts';
export type { CompressOptions } from './compress.ts';
export type { KernelOptions, Method } from './kernel.ts';
export type { Answer, Body, HeadersInit, Pieces, ReplyInit } from './reply.ts';
export { HttpError, InvalidRequest, Reply, reply } from './reply.ts';
export type { KrepisRequest, Params } from './request.ts';
export { type Infer, type Issue, type Schema, type Standard, t } from './schema.ts';
export type { Message, Socket, SocketHandlers } from './socket.ts';
export type { Tenant, TenantMetrics, TenantOptions } from './tenants.ts';
export type { TlsOptions } from './tls.ts';
/** An application: `krepis().get('/users/:id', (request) => ({ id: request.params.id })).listen(3000)`. */
export declare function krepis(options?: KernelOptions): App;
