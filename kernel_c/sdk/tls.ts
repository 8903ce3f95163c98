/** Certificates: what an application is given, checked before the kernel takes it, so that errors say what to do. */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

export interface TlsOptions {
  /** A file in PEM: the server's certificate, then those that lead to its authority. */
  readonly cert: string;
  /** A file in PEM: the certificate's private key, without a passphrase. */
  readonly key: string;
  /** From the accept to the end of the handshake; then the connection is closed. [default: 10 s] */
  readonly handshakeMs?: number;
}

/** A certificate or a key that cannot be used; the message names the file. */
export class TlsError extends Error {
  readonly code = 'ERR_KREPIS_TLS';

  constructor(message: string) {
    super(message);
    this.name = 'TlsError';
  }
}

/** Throws a `TlsError` unless both files are there, can be read, and belong together; warns of a certificate out of its time. */
export function checkTls({ cert, key }: TlsOptions): void {
  const certificate = certificateOf(cert);
  if (!certificate.checkPrivateKey(keyOf(key)))
    throw new TlsError(`${key}: this is not the private key of the certificate in ${cert}`);
  const now = Date.now();
  if (now > Date.parse(certificate.validTo))
    process.emitWarning(`${cert}: the certificate was valid until ${certificate.validTo}; clients refuse it`);
  if (now < Date.parse(certificate.validFrom))
    process.emitWarning(`${cert}: the certificate is valid from ${certificate.validFrom}; clients refuse it`);
}

function contents(file: string, what: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    throw new TlsError(`${file}: the ${what} cannot be read: ${(error as Error).message}`);
  }
}

function certificateOf(file: string): X509Certificate {
  const text = contents(file, 'certificate');
  try {
    return new X509Certificate(text);
  } catch {
    throw new TlsError(
      `${file}: there is no certificate that can be read; a file in PEM begins with -----BEGIN CERTIFICATE-----`,
    );
  }
}

function keyOf(file: string): KeyObject {
  const text = contents(file, 'private key');
  try {
    return createPrivateKey(text);
  } catch {
    if (/-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(text))
      throw new TlsError(
        `${file}: the private key needs a passphrase, and nobody is there to be asked; remove it, as with openssl pkey`,
      );
    throw new TlsError(
      `${file}: there is no private key that can be read; a file in PEM begins with -----BEGIN PRIVATE KEY-----`,
    );
  }
}
