/** What the server and the extension say to each other beyond LSP, and nothing else. */

import { NotificationType, RequestType } from 'vscode-languageclient/node';
import type { Timeline } from './timeline';

export type State = 'stale' | 'queued' | 'running' | 'verified' | 'failed' | 'bounded';

export interface Position {
  readonly line: number;
  readonly character: number;
}

export interface EntryPoint {
  readonly uri: string;
  readonly range: { readonly start: Position; readonly end: Position };
  readonly name: string;
  readonly status: State;
  /** The figures are null where they are not known. */
  readonly states: number | null;
  readonly traces: number | null;
  readonly milliseconds: number | null;
  readonly findings: readonly string[];
}

export interface Overall {
  readonly running: boolean | number;
  readonly done: number;
  readonly total: number;
  readonly version: string;
}

export interface Status extends Overall {
  readonly entryPoints: readonly EntryPoint[];
}

/** The files of which something else is to be said than before; all entry points of each. */
export interface StatusChange extends Overall {
  readonly files: readonly { readonly uri: string; readonly entryPoints: readonly EntryPoint[] }[];
}

export function updated(status: Status | undefined, { files, ...overall }: StatusChange): Status {
  const changed = new Set(files.map((file) => file.uri));
  const others = status?.entryPoints.filter((entry) => !changed.has(entry.uri)) ?? [];
  return { ...overall, entryPoints: [...others, ...files.flatMap((file) => file.entryPoints)] };
}

export interface FindingId {
  readonly uri: string;
  readonly fingerprint: string;
}

/** What a diagnostic carries in `data`. */
export interface DiagnosticData {
  readonly fingerprint: string;
  readonly rule: string;
}

export const timelineRequest = new RequestType<FindingId, Timeline | null, void>('krepis/timeline');
export const statusRequest = new RequestType<Record<string, never>, Status, void>('krepis/status');
export const statusChanged = new NotificationType<StatusChange>('krepis/statusChanged');

export function isDiagnosticData(data: unknown): data is DiagnosticData {
  return typeof data === 'object' && data !== null && 'fingerprint' in data && 'rule' in data;
}
