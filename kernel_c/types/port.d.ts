/** Ports that something listens on already. */
/** Whether a socket listens at a port, on an address that would get the same connections. */
export declare function taken(port: number, address: string): boolean;
