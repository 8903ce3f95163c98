/** Certificates: what an application is given, checked before the kernel takes it, so that errors say what to do. */
export interface TlsOptions {
    /** A file in PEM: the server's certificate, then those that lead to its authority. */
    readonly cert: string;
    /** A file in PEM: the certificate's private key, without a passphrase. */
    readonly key: string;
    /** From the accept to the end of the handshake; then the connection is closed. [default: 10 s] */
    readonly handshakeMs?: number;
}
/** A certificate or a key that cannot be used; the message names the file. */
export declare class TlsError extends Error {
    readonly code = "ERR_KREPIS_TLS";
    constructor(message: string);
}
/** Throws a `TlsError` unless both files are there, can be read, and belong together; warns of a certificate out of its time. */
export declare function checkTls({ cert, key }: TlsOptions): void;
