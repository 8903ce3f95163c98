interface Connection { query(sql: string): Promise<unknown> }

export function createPool(open: () => Promise<Connection>, max = 10) {
  const idle: Connection[] = [];
  let size = 0;

  return {
    async acquire(): Promise<Connection> {
      const ready = idle.pop();
      if (ready) return ready;
      if (size >= max) throw new Error('pool exhausted');
      const connection = await open();
      size += 1; // RACE: check-then-act
      return connection;
    },
    release(connection: Connection): void {
      idle.push(connection);
    },
  };
}
