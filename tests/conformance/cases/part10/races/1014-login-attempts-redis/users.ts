export interface User {
  id: string;
  hash: string;
}

export const users = {
  async byName(name: string): Promise<User | undefined> {
    const response = await fetch(`http://directory/users/${name}`);
    return response.ok ? ((await response.json()) as User) : undefined;
  },
  async openSession(id: string): Promise<string> {
    const response = await fetch('http://directory/sessions', { method: 'POST', body: JSON.stringify({ id }) });
    return response.text();
  },
};
