// pattern: validation before the acquire; nothing stands between the acquire and the try
type Release = () => void;

class Gate {
  private held = false;
  private readonly queue: Array<() => void> = [];

  async enter(): Promise<Release> {
    if (this.held) {
      await new Promise<void>((resolve) => this.queue.push(resolve));
    }
    this.held = true;
    return () => {
      const next = this.queue.shift();
      if (next) next();
      else this.held = false;
    };
  }
}

export interface Robot {
  moveTo(x: number, y: number): Promise<void>;
}

const gate = new Gate();

export async function drive(robot: Robot, path: Array<[number, number]>): Promise<number> {
  if (path.length === 0) {
    throw new RangeError('the path is empty');
  }
  const leave = await gate.enter();
  try {
    for (const [x, y] of path) await robot.moveTo(x, y);
    return path.length;
  } finally {
    leave();
  }
}
