/** The settings that the extension itself reads. The server asks for its own through `workspace/configuration`. */

import { workspace } from 'vscode';

/** The executable that the user named, or "". Workspace values do not count in an untrusted workspace. */
export function configuredPath(): string {
  return workspace.getConfiguration('krepis').get<string>('path', '').trim();
}
