/** The findings that the editor shows right now: Krepis's diagnostics. */

import { type Diagnostic, languages, type Uri, window } from 'vscode';
import { type FindingId, isDiagnosticData } from './protocol';

export interface Shown {
  readonly uri: Uri;
  readonly diagnostic: Diagnostic;
  readonly fingerprint: string;
}

export function findingsIn(uri: Uri): Shown[] {
  return languages.getDiagnostics(uri).flatMap((diagnostic) => {
    const data: unknown = 'data' in diagnostic ? diagnostic.data : undefined;
    return isDiagnosticData(data) ? [{ uri, diagnostic, fingerprint: data.fingerprint }] : [];
  });
}

export function allFindings(): Shown[] {
  return languages.getDiagnostics().flatMap(([uri]) => findingsIn(uri));
}

/** The finding under the cursor, else the only one, else the one that the user picks. */
export async function chooseFinding(): Promise<FindingId | undefined> {
  const editor = window.activeTextEditor;
  const here = editor ? findingsIn(editor.document.uri) : [];
  const under = here.find(({ diagnostic }) =>
    editor?.selections.some((s) => diagnostic.range.intersection(s)),
  );
  if (under) return idOf(under);
  const choices = here.length > 0 ? here : allFindings();
  const [only, ...others] = choices;
  if (only && others.length === 0) return idOf(only);
  if (!only) {
    void window.showInformationMessage('Krepis reports nothing here.');
    return undefined;
  }
  const picked = await window.showQuickPick(
    choices.map((shown) => ({
      label: firstSentence(shown.diagnostic.message),
      description: `line ${shown.diagnostic.range.start.line + 1}`,
      shown,
    })),
    { placeHolder: 'Which finding?' },
  );
  return picked && idOf(picked.shown);
}

export function firstSentence(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}

function idOf(shown: Shown): FindingId {
  return { uri: shown.uri.toString(), fingerprint: shown.fingerprint };
}
