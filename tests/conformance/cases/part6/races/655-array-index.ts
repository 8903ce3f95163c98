interface Task { id: string; done: boolean }

export class Board {
  private tasks: Task[] = [];

  constructor(private readonly audit: { log(id: string): Promise<void> }) {}

  add(task: Task): void {
    this.tasks.push(task);
  }

  async remove(id: string): Promise<void> {
    const index = this.tasks.findIndex((task) => task.id === id);
    if (index < 0) return;
    await this.audit.log(id);
    this.tasks.splice(index, 1); // RACE: stale-read
  }
}
