interface Connection { query(sql: string): Promise<unknown> }

export function createPool(open: () => Promise<Connection>, max = 10) {
  const idle: Connection[] = [];
  let size = 0;

  return {
    async acquire(): Promise<Connection> {
      const ready = idle.pop();
      if (ready) return ready;
      if (size >= max) throw new Error('pool exhausted');
      size += 1;
      try {
        return await open();
      } catch (error) {
        size -= 1;
        throw error;
      }
    },
    release(connection: Connection): void {
      idle.push(connection);
    },
  };
}
